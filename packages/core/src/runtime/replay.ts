import type { Clock } from "../clock.ts";
import { TandemError } from "../errors.ts";
import { type Lane, type LaneId, laneId } from "../lane.ts";
import type { PipelineEvent } from "../observer.ts";
import type { Transport } from "../transport.ts";
import type { WantedStart } from "./lane-start.ts";
import { patiently } from "./patiently.ts";

/** Where lanes that were processed before are to be processed again from. Lanes that are not named start at their floor. */
export type ReplayFrom =
  | "earliest"
  /** The same, also where retention has removed what was not processed: for what may be lost. */
  | "retained"
  /** The first record with this time (milliseconds) or a later one. */
  | { readonly timestamp: number }
  | { readonly offsets: ReadonlyMap<LaneId, number> };

export interface ReplayOptions {
  readonly from: ReplayFrom;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly emit: (event: PipelineEvent) => void;
  readonly fail: (error: Error) => void;
  /** Aborted when the pipeline stops. */
  readonly signal: AbortSignal;
}

/** An instance that was stopped or killed keeps its lanes for its session (10 s), and then they come to us. */
const ALONE_WITHIN_MS = 20_000;

/**
 * A deliberate replay. It begins when every lane of the input is ours: with another instance at work, a part of the
 * output would come again and the rest not. Each lane starts where it is wanted until that start is committed; from
 * then on it is a lane like any other, so nothing jumps back a second time.
 */
export class Replay {
  readonly #options: ReplayOptions;
  /** Lanes whose start is not committed yet; null: they are not known yet. */
  #waiting: Map<LaneId, WantedStart> | null = null;
  /** Counts the waits for other instances' lanes, so that an old one ends nothing. */
  #waits = 0;
  #alone = true;

  constructor(options: ReplayOptions) {
    if (options.transport.inputLanes === undefined)
      throw new TandemError("CONFIG_INVALID", "this transport cannot tell all lanes of its input: it cannot replay");
    this.#options = options;
  }

  /** Where the lane has to start, as long as that is not committed. */
  wanted(lane: Lane): WantedStart | null {
    return this.#waiting?.get(laneId(lane)) ?? null;
  }

  committed(lane: Lane): void {
    this.#waiting?.delete(laneId(lane));
  }

  /** Whether lanes may start. False: not every lane is ours, and another assignment, or the end, will follow. */
  async admits(owned: readonly Lane[], signal: AbortSignal): Promise<boolean> {
    if (this.#waiting?.size === 0) return true;
    const { transport } = this.#options;
    const ids = new Set(owned.map(laneId));
    const all = await patiently(this.#options, signal, async () => (await transport.inputLanes?.()) ?? []);
    const missing = all.filter((lane) => !ids.has(laneId(lane)));
    if (missing.length > 0) this.#waitToBeAlone(missing);
    else {
      this.#alone = true;
      this.#waiting ??= await patiently(this.#options, signal, () => this.#starts(all));
    }
    return missing.length === 0;
  }

  #waitToBeAlone(missing: readonly Lane[]): void {
    if (!this.#alone) return;
    this.#alone = false;
    const { clock, emit, fail, signal } = this.#options;
    const error = notAlone(missing);
    emit({ type: "stalled", lane: null, error, retryInMs: ALONE_WITHIN_MS });
    const wait = ++this.#waits;
    void clock.sleep(ALONE_WITHIN_MS, signal).then(() => {
      if (!this.#alone && wait === this.#waits && !signal.aborted) fail(error);
    });
  }

  async #starts(all: readonly Lane[]): Promise<Map<LaneId, WantedStart>> {
    const { from, transport } = this.#options;
    const starts = new Map<LaneId, WantedStart>();
    if (from === "earliest" || from === "retained")
      for (const lane of all) starts.set(laneId(lane), { offset: 0, exact: false, lossy: from === "retained" });
    else if ("timestamp" in from)
      for (const lane of all)
        starts.set(laneId(lane), {
          offset: (await transport.offsetAt?.(lane, from.timestamp)) ?? 0,
          exact: false,
        });
    else {
      const ids = new Set(all.map(laneId));
      for (const [id, offset] of from.offsets) {
        if (!ids.has(id)) throw unknownLane(id, all);
        starts.set(id, { offset, exact: true });
      }
    }
    return starts;
  }
}

function named(lanes: readonly Lane[]): string {
  const shown = lanes.slice(0, 5).map(laneId).join(", ");
  return lanes.length > 5 ? `${shown} and ${lanes.length - 5} more` : shown;
}

function notAlone(missing: readonly Lane[]): TandemError {
  return new TandemError(
    "REPLAY_NOT_ALONE",
    `a replay needs every lane of the input, and the group has given ${named(missing)} to another instance: stop all other instances of this pipeline, then start the replay again (one that was stopped or killed just now keeps its lanes for another 10 s, which is waited for). Start the others again when the replay runs`,
  );
}

function unknownLane(id: LaneId, all: readonly Lane[]): TandemError {
  return new TandemError(
    "CONFIG_INVALID",
    `the replay names the lane ${id}, which is none of the input: ${named(all)}`,
  );
}
