import { type Drops, type LaneId, laneId, type Observer, type PipelineEvent, type Rejection } from "@tandem-cdc/core";

/** What became of the records of one batch, besides those that went on. */
export interface Fates {
  readonly dropped: readonly Drops[];
  readonly rejected: readonly Rejection[];
  /** What transforms reported while they processed the batch. */
  readonly measured: readonly { readonly name: string; readonly count: number }[];
}

interface Lane {
  /** Reported since the last batch was processed: belongs to the next one, since a lane is processed serially. */
  measured: { readonly name: string; readonly count: number }[];
  readonly waiting: { readonly last: number; readonly fates: Fates }[];
}

/**
 * Tells of drops, rejections and findings when their batch commits. A batch that was aborted is processed again: counted
 * when they were processed, they would count twice.
 */
export class CommittedFates implements Observer {
  readonly #told: (fates: Fates) => void;
  readonly #lanes = new Map<LaneId, Lane>();

  constructor(told: (fates: Fates) => void) {
    this.#told = told;
  }

  observe(event: PipelineEvent): void {
    if (event.type === "measured") {
      this.#lane(laneId(event.lane)).measured.push({ name: event.name, count: event.count });
    } else if (event.type === "processed") {
      const { batch, outcomes } = event;
      const lane = this.#lane(laneId(batch.lane));
      const { measured } = lane;
      lane.measured = [];
      if (outcomes.dropped.length + outcomes.rejected.length + measured.length === 0) return;
      const fates = { dropped: outcomes.dropped, rejected: outcomes.rejected, measured };
      lane.waiting.push({ last: batch.offset(batch.length - 1), fates });
    } else if (event.type === "committed") {
      for (const { lane, nextOffset } of event.lanes) this.#commit(laneId(lane), nextOffset);
    } else if (event.type === "rewound") {
      for (const { lane } of event.lanes) this.#lanes.delete(laneId(lane));
    } else if (event.type === "revoked") {
      for (const lane of event.lanes) this.#lanes.delete(laneId(lane));
    }
  }

  #lane(id: LaneId): Lane {
    const lane = this.#lanes.get(id) ?? { measured: [], waiting: [] };
    this.#lanes.set(id, lane);
    return lane;
  }

  #commit(id: LaneId, nextOffset: number): void {
    const waiting = this.#lanes.get(id)?.waiting ?? [];
    const open = waiting.findIndex(({ last }) => last >= nextOffset);
    for (const { fates } of waiting.splice(0, open < 0 ? waiting.length : open)) this.#told(fates);
  }
}
