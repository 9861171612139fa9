import { type Lane, type LaneId, laneId } from "../lane.ts";

const NONE: ReadonlyMap<number, Error> = new Map();

/** Records whose output is refused for good, by lane and offset, until they are committed as rejected. */
export class Poison {
  readonly #lanes = new Map<LaneId, ReadonlyMap<number, Error>>();

  of(lane: Lane): ReadonlyMap<number, Error> {
    return this.#lanes.get(laneId(lane)) ?? NONE;
  }

  add(lane: Lane, offset: number, cause: Error): void {
    this.#lanes.set(laneId(lane), new Map([...this.of(lane), [offset, cause]]));
  }

  /** Everything below `nextOffset` is dealt with. */
  committed(lane: Lane, nextOffset: number): void {
    const known = this.#lanes.get(laneId(lane));
    if (known === undefined) return;
    const left = new Map([...known].filter(([offset]) => offset >= nextOffset));
    if (left.size === 0) this.#lanes.delete(laneId(lane));
    else this.#lanes.set(laneId(lane), left);
  }
}
