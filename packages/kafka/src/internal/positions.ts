import { type Lane, laneId, type StartingPoint } from "@tandem-cdc/core";

interface Position {
  readonly lane: Lane;
  /** Everything below was read. */
  next: number;
  paused: boolean;
  /** Looks since something came from the lane. */
  silent: number;
}

/** Looks without a record after which a lane counts as silent: what was fetched before has been delivered by then. */
const SILENCE = 2;

/**
 * How far each lane was read. The client swallows the error "offset out of range" when other records precede it in a
 * poll, and then reads that lane no more: lanes that have fallen silent have to be asked about.
 */
export class Positions {
  readonly #lanes = new Map<string, Position>();

  /** The lane is read from `next` on. */
  start(lane: Lane, next: number): void {
    this.#lanes.set(laneId(lane), { lane, next, paused: false, silent: 0 });
  }

  /** Everything below `next` was read: control records carry no message, so the end of a partition moves this too. */
  reached(lane: Lane, next: number): void {
    const position = this.#lanes.get(laneId(lane));
    if (position === undefined) return;
    position.next = Math.max(position.next, next);
    position.silent = 0;
  }

  paused(lane: Lane, paused: boolean): void {
    const position = this.#lanes.get(laneId(lane));
    if (position === undefined) return;
    position.paused = paused;
    position.silent = 0;
  }

  drop(lane: Lane): void {
    this.#lanes.delete(laneId(lane));
  }

  next(lane: Lane): number | undefined {
    return this.#lanes.get(laneId(lane))?.next;
  }

  /** Looks once: lanes from which nothing came since the look before the last. */
  look(): readonly StartingPoint[] {
    const silent: StartingPoint[] = [];
    for (const position of this.#lanes.values()) {
      if (position.paused) continue;
      if (++position.silent >= SILENCE) silent.push({ lane: position.lane, offset: position.next });
    }
    return silent;
  }
}
