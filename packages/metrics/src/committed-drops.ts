import { type Drops, type LaneId, laneId, type Observer, type PipelineEvent } from "@tandem-cdc/core";

interface Pending {
  readonly last: number;
  readonly dropped: readonly Drops[];
}

/**
 * Tells of drops when their batch commits. A batch that was aborted is processed again: counted when it was processed,
 * its drops would count twice.
 */
export class CommittedDrops implements Observer {
  readonly #told: (drops: Drops) => void;
  readonly #pending = new Map<LaneId, Pending[]>();

  constructor(told: (drops: Drops) => void) {
    this.#told = told;
  }

  observe(event: PipelineEvent): void {
    if (event.type === "processed") {
      const { batch, outcomes } = event;
      if (outcomes.dropped.length === 0) return;
      const id = laneId(batch.lane);
      const pending = this.#pending.get(id) ?? [];
      pending.push({ last: batch.offset(batch.length - 1), dropped: outcomes.dropped });
      this.#pending.set(id, pending);
    } else if (event.type === "committed") {
      for (const { lane, nextOffset } of event.lanes) this.#commit(laneId(lane), nextOffset);
    } else if (event.type === "rewound") {
      for (const { lane } of event.lanes) this.#pending.delete(laneId(lane));
    } else if (event.type === "revoked") {
      for (const lane of event.lanes) this.#pending.delete(laneId(lane));
    }
  }

  #commit(id: LaneId, nextOffset: number): void {
    const pending = this.#pending.get(id) ?? [];
    const open = pending.findIndex(({ last }) => last >= nextOffset);
    const done = pending.splice(0, open < 0 ? pending.length : open);
    for (const { dropped } of done) for (const drops of dropped) this.#told(drops);
  }
}
