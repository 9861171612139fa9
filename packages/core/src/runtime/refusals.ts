import { isRetriable, TandemError, TransactionError } from "../errors.ts";
import { type Lane, laneId } from "../lane.ts";
import type { ErrorPolicy } from "./pipeline.ts";
import { Poison } from "./poison.ts";
import { firstOfEachLane, type Prepared } from "./prepared.ts";
import { Suspects } from "./suspects.ts";

/** Finds the records whose output is refused, and remembers what the policy makes of them. */
export class Refusals {
  readonly #policy: ErrorPolicy;
  readonly #suspects = new Suspects();
  readonly #poison = new Poison();

  constructor(policy: ErrorPolicy) {
    this.#policy = policy;
  }

  /** Records of the lane that one transaction may hold, alone; null: as they come. */
  limit(lane: Lane): number | null {
    return this.#suspects.limit(lane);
  }

  /** Records of the lane that have to be rejected after the transforms, by offset, with the cause. */
  poison(lane: Lane): ReadonlyMap<number, Error> {
    return this.#poison.of(lane);
  }

  committed(lane: Lane, nextOffset: number): void {
    this.#poison.committed(lane, nextOffset);
    this.#suspects.committed(lane);
  }

  /** After a transaction that did not commit. An error: the policy lets nothing go on. */
  blame(error: Error, units: readonly Prepared[]): TandemError | null {
    if (error instanceof TransactionError && error.record !== null)
      return this.#condemn(error.record.lane, error.record.offset, error);
    const refused = error instanceof TransactionError ? error.recordAtFault : !isRetriable(error);
    for (const [id, first] of firstOfEachLane(units)) {
      const { lane } = first.runner;
      const inputs = units.reduce((sum, unit) => sum + (laneId(unit.runner.lane) === id ? unit.inputs : 0), 0);
      if (inputs === 0 || !this.#suspects.aborted(lane, first.firstOffset, inputs) || !refused) continue;
      this.#suspects.cleared(lane);
      const final = this.#condemn(lane, first.firstOffset, error);
      if (final !== null) return final;
    }
    return null;
  }

  /** The output of this record is refused for good: the policy decides. A refused dead letter leaves nothing to try. */
  #condemn(lane: Lane, offset: number, cause: Error): TandemError | null {
    const again = this.#poison.of(lane).has(offset);
    if (this.#policy.tolerance === "all" && !again) {
      this.#poison.add(lane, offset, cause);
      return null;
    }
    return new TandemError(
      "RECORD_POISON",
      `the ${again ? "dead letter" : "output"} of record ${laneId(lane)}@${offset} is refused: ${cause.message} ` +
        `(mend the record's source or raise the limit that is named${again ? "" : ', or set errors.tolerance to "all" to pass it over'})`,
      { cause: cause.cause instanceof TandemError ? cause.cause : cause },
    );
  }
}
