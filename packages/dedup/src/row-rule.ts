import type { JsonObject, LaneContext } from "@tandem-cdc/core";

export type Snapshots = "until-streaming" | "emit" | "drop";

const DEFAULT: Snapshots = "until-streaming";

/**
 * Which rows of initial snapshots pass on a lane. Asked before the key store is: a row that will be dropped makes no
 * claim, or it would stand in the way of its copy when a later run is told to emit.
 */
export class RowRule {
  readonly #snapshots: Snapshots;
  /** Coordinate from which on the lane goes by this rule. */
  readonly #since: number;
  #streamedFrom: number | null;
  #past = false;

  private constructor(snapshots: Snapshots, since: number, streamedFrom: number | null) {
    this.#snapshots = snapshots;
    this.#since = since;
    this.#streamedFrom = streamedFrom;
  }

  /**
   * As a lane's state has it; a rule that is new to the lane is in force from where it starts. In a replay, what was seen
   * from there on only is forgotten: it will be seen again.
   */
  static of(
    snapshots: Snapshots,
    { rows, streamedFrom }: JsonObject,
    { replaying, startOffset }: Pick<LaneContext, "replaying" | "startOffset">,
  ): RowRule {
    const [rule, since] = Array.isArray(rows) ? rows : [DEFAULT, 0];
    const end = replaying ? startOffset : Infinity;
    return new RowRule(
      snapshots,
      rule === snapshots && typeof since === "number" ? Math.min(since, end) : startOffset,
      typeof streamedFrom === "number" && streamedFrom < end ? streamedFrom : null,
    );
  }

  /**
   * For records that are claimed again: what another rule let pass or dropped is not known any more. It is taken for
   * dropped: a copy that comes out twice is better than one that never does.
   */
  ofPast(): RowRule {
    const rule = new RowRule(this.#snapshots, this.#since, this.#streamedFrom);
    rule.#past = true;
    return rule;
  }

  /** Whether the next streamed change that the lane emits ends the rows. */
  get areOpen(): boolean {
    return this.#snapshots === "until-streaming" && this.#streamedFrom === null;
  }

  mayPass(coordinate: number): boolean {
    if (this.#past && coordinate < this.#since) return false;
    if (this.#snapshots !== "until-streaming") return this.#snapshots === "emit";
    return this.#streamedFrom === null || coordinate <= this.#streamedFrom;
  }

  /** Why a row that may not pass is dropped. */
  get reason(): "snapshot" | "late-snapshot" {
    return this.#snapshots === "drop" ? "snapshot" : "late-snapshot";
  }

  /** The lane emits a streamed change. */
  streamed(coordinate: number): void {
    this.#streamedFrom ??= coordinate;
  }

  state(): JsonObject {
    return {
      ...(this.#streamedFrom === null ? {} : { streamedFrom: this.#streamedFrom }),
      ...(this.#snapshots === DEFAULT && this.#since === 0 ? {} : { rows: [this.#snapshots, this.#since] }),
    };
  }
}
