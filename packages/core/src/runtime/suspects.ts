import type { Lane, LaneId } from "../lane.ts";
import { laneId } from "../lane.ts";

/** Aborts at one offset after which a lane's batches are halved. */
const PATIENCE = 3;
/** A lane that got this far in one transaction again is no longer under suspicion. */
const CLEARED = 1_024;

interface Suspect {
  offset: number;
  aborts: number;
  limit: number | null;
}

/**
 * Finds a record that the broker refuses. Without delivery callbacks a refusal aborts the whole transaction, again
 * and again; so after three aborts at one offset the lane is committed alone, in halves, until one record is left.
 */
export class Suspects {
  readonly #lanes = new Map<LaneId, Suspect>();

  /** Records of the lane that one transaction may hold, alone; null while there is no suspicion. */
  limit(lane: Lane): number | null {
    return this.#lanes.get(laneId(lane))?.limit ?? null;
  }

  /** A transaction with `inputs` records of the lane, from `offset` on, was aborted. True when `offset` alone is to blame. */
  aborted(lane: Lane, offset: number, inputs: number): boolean {
    const id = laneId(lane);
    const suspect = this.#lanes.get(id);
    if (suspect === undefined || (suspect.limit === null && suspect.offset !== offset)) {
      this.#lanes.set(id, { offset, aborts: 1, limit: null });
      return false;
    }
    suspect.offset = offset;
    suspect.aborts++;
    if (suspect.limit !== null && inputs <= 1) return true;
    if (suspect.aborts >= PATIENCE)
      suspect.limit = Math.max(1, Math.floor(Math.min(suspect.limit ?? inputs, inputs) / 2));
    return false;
  }

  committed(lane: Lane): void {
    const id = laneId(lane);
    const suspect = this.#lanes.get(id);
    if (suspect === undefined) return;
    if (suspect.limit === null || suspect.limit >= CLEARED) this.#lanes.delete(id);
    else suspect.limit *= 2;
  }

  /** The culprit was found and dealt with. */
  cleared(lane: Lane): void {
    this.#lanes.delete(laneId(lane));
  }
}
