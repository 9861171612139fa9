import { type Lane, type LaneId, laneId, type Observer, type PipelineEvent } from "@tandem-cdc/core";
import { Latency } from "./latency.ts";

/** Where the pipeline is, in numbers. */
export interface Progress {
  readonly state: string;
  readonly lanes: number;
  /** Records since the start. */
  readonly in: number;
  readonly out: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Records in input topics that are not committed yet; null while unknown. */
  readonly lag: number | null;
  /** Records in and out per second since the last look. */
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** From a record's timestamp to its copy being committed, since the last look. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly aborts: number;
}

/** Follows a pipeline's events and sums them up. */
export class ProgressObserver implements Observer {
  readonly #logEnd: (lane: Lane) => number | null;
  readonly #lanes = new Map<LaneId, { readonly lane: Lane; next: number; end: number }>();
  readonly #latency = new Latency();
  #state = "connecting";
  #in = 0;
  #out = 0;
  #duplicates = 0;
  #rejected = 0;
  #aborts = 0;
  #last = { at: Date.now(), in: 0, out: 0 };

  constructor(logEnd: (lane: Lane) => number | null) {
    this.#logEnd = logEnd;
  }

  observe(event: PipelineEvent): void {
    switch (event.type) {
      case "connected":
        this.#state = "joining the group";
        break;
      case "assigned":
      case "rewound":
        this.#state = "running";
        for (const { lane, logEnd, offset } of event.lanes) this.#lanes.set(laneId(lane), { lane, next: offset, end: logEnd });
        break;
      case "revoked":
        for (const lane of event.lanes) this.#lanes.delete(laneId(lane));
        if (this.#lanes.size === 0) this.#state = "without lanes";
        break;
      case "committed":
        this.#committed(event);
        break;
      case "processed":
        for (const { count, reason } of event.outcomes.dropped) if (reason === "duplicate" || reason === "redelivery") this.#duplicates += count;
        break;
      case "rejected":
        this.#rejected++;
        break;
      case "aborted":
        this.#aborts++;
        break;
      case "stalled":
        this.#state = "waiting";
        break;
      default:
        break;
    }
  }

  #committed(event: Extract<PipelineEvent, { readonly type: "committed" }>): void {
    this.#state = "running";
    this.#in += event.inputs;
    const now = Date.now();
    for (const batch of event.outputs) {
      this.#out += batch.length;
      for (let i = 0; i < batch.length; i++) this.#latency.add(Math.max(0, now - batch.timestamp(i)));
    }
    for (const { lane, nextOffset } of event.lanes) {
      const known = this.#lanes.get(laneId(lane));
      if (known !== undefined) known.next = nextOffset;
    }
  }

  /** The numbers now; rates and percentiles cover the time since the last call. */
  look(now: number = Date.now()): Progress {
    const seconds = Math.max(0.001, (now - this.#last.at) / 1_000);
    const perSecond = (count: number): number => Math.round(count / seconds);
    const progress: Progress = {
      state: this.#state,
      lanes: this.#lanes.size,
      in: this.#in,
      out: this.#out,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      lag: this.#lag(),
      inPerSecond: perSecond(this.#in - this.#last.in),
      outPerSecond: perSecond(this.#out - this.#last.out),
      p50Ms: this.#latency.percentile(50),
      p99Ms: this.#latency.percentile(99),
      aborts: this.#aborts,
    };
    this.#last = { at: now, in: this.#in, out: this.#out };
    this.#latency.reset();
    return progress;
  }

  #lag(): number | null {
    if (this.#lanes.size === 0) return null;
    let lag = 0;
    for (const { end, lane, next } of this.#lanes.values()) lag += Math.max(0, Math.max(end, this.#logEnd(lane) ?? 0) - next);
    return lag;
  }
}

const count = new Intl.NumberFormat("en");

/** One line for people. */
export function progressLine({ duplicates, inPerSecond, in: read, lag, lanes, out, outPerSecond, p50Ms, p99Ms, state }: Progress): string {
  const ms = (value: number | null): string => (value === null ? "-" : `${value < 10 ? value : Math.round(value)} ms`);
  return [
    state.padEnd(8),
    `in ${count.format(read)} (${count.format(inPerSecond)}/s)`,
    `out ${count.format(out)} (${count.format(outPerSecond)}/s)`,
    `duplicates ${count.format(duplicates)}`,
    `lag ${lag === null ? "-" : count.format(lag)}`,
    `p50 ${ms(p50Ms)}`,
    `p99 ${ms(p99Ms)}`,
    `${lanes} lane${lanes === 1 ? "" : "s"}`,
  ].join("  ");
}
