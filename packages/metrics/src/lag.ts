import { type Lane, type LaneId, laneId, type Observer, type PipelineEvent } from "@tandem-cdc/core";

interface Known {
  readonly lane: Lane;
  next: number;
  /** The end of the log as far as the events tell. */
  end: number;
}

/** Follows how far each lane's commits are behind the end of its log. */
export class Lag implements Observer {
  readonly #logEnd: (lane: Lane) => number | null;
  readonly #lanes = new Map<LaneId, Known>();

  /** `logEnd`: a fresher end of the log than the events tell, where the transport has one. */
  constructor(logEnd: (lane: Lane) => number | null = () => null) {
    this.#logEnd = logEnd;
  }

  get lanes(): number {
    return this.#lanes.size;
  }

  observe(event: PipelineEvent): void {
    if (event.type === "assigned" || event.type === "rewound")
      for (const { lane, logEnd, offset } of event.lanes)
        this.#lanes.set(laneId(lane), { lane, next: offset, end: logEnd });
    else if (event.type === "revoked") for (const lane of event.lanes) this.#lanes.delete(laneId(lane));
    else if (event.type === "committed")
      for (const { lane, nextOffset } of event.lanes) {
        const known = this.#lanes.get(laneId(lane));
        if (known !== undefined) known.next = nextOffset;
      }
  }

  /** Records not committed yet, of each topic. */
  byTopic(): Map<string, number> {
    const lags = new Map<string, number>();
    for (const { end, lane, next } of this.#lanes.values())
      lags.set(lane.topic, (lags.get(lane.topic) ?? 0) + Math.max(0, Math.max(end, this.#logEnd(lane) ?? 0) - next));
    return lags;
  }

  /** Records not committed yet; null without any lane. */
  total(): number | null {
    if (this.#lanes.size === 0) return null;
    return [...this.byTopic().values()].reduce((sum, lag) => sum + lag, 0);
  }
}
