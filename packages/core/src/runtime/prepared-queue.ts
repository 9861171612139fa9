import type { LaneRunner } from "./lane-runner.ts";
import type { Prepared } from "./prepared.ts";

/** Units that wait for a transaction, in the order in which they became ready. */
export class PreparedQueue {
  #units: Prepared[] = [];

  get length(): number {
    return this.#units.length;
  }

  push(unit: Prepared): void {
    this.#units.push(unit);
  }

  /** The lanes ended: nothing of their work may be committed any more. */
  forget(runners: readonly LaneRunner[]): void {
    this.#units = this.#units.filter((unit) => !runners.includes(unit.runner));
  }

  /** The next unit for a transaction that holds `taken` already. A lane under suspicion is committed alone. */
  take(taken: readonly Prepared[]): Prepared | undefined {
    if (taken[0]?.runner.limit !== null && taken.length > 0) return undefined;
    const at = taken.length === 0 ? 0 : this.#units.findIndex((unit) => unit.runner.limit === null);
    return at < 0 ? undefined : this.#units.splice(at, 1)[0];
  }
}
