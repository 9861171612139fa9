import { type EventOf, type Lane, type LaneId, laneId, type Observer, type PipelineEvent } from "@tandem-cdc/core";
import { CommittedFates, DUPLICATES, Lag } from "@tandem-cdc/metrics";
import { Latency } from "./latency.ts";

/** Where the pipeline is, in numbers. */
export interface Progress {
  readonly state: string;
  /** Why it is waiting; null while it is not. */
  readonly reason: string | null;
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

/** Follows a pipeline's events and sums them up. What is counted has committed. */
export class ProgressObserver implements Observer {
  readonly #lag: Lag;
  readonly #fates = new CommittedFates(({ dropped, rejected }) => {
    for (const { count, reason } of dropped) if (DUPLICATES.has(reason)) this.#duplicates += count;
    this.#rejected += rejected.length;
  });
  readonly #latency = new Latency();
  #state = "connecting";
  #reason: string | null = null;
  /** Lanes that wait for their store; started again, they wait until they commit. */
  readonly #waiting = new Set<LaneId>();
  #in = 0;
  #out = 0;
  #duplicates = 0;
  #rejected = 0;
  #aborts = 0;
  #last = { at: Date.now(), in: 0, out: 0 };

  constructor(logEnd?: (lane: Lane) => number | null) {
    this.#lag = new Lag(logEnd);
  }

  observe(event: PipelineEvent): void {
    this.#lag.observe(event);
    this.#fates.observe(event);
    switch (event.type) {
      case "connected":
        this.#is("joining the group");
        break;
      case "assigned":
      case "rewound":
        if (this.#waiting.size === 0) this.#is("running");
        break;
      case "revoked":
        for (const lane of event.lanes) this.#waiting.delete(laneId(lane));
        if (this.#lag.lanes === 0) this.#is("without lanes");
        break;
      case "committed":
        this.#committed(event);
        break;
      case "aborted":
        this.#aborts++;
        break;
      case "stalled":
        if (event.lane !== null) this.#waiting.add(laneId(event.lane));
        this.#is("waiting", event.error.message);
        break;
      case "restoring":
        this.#is(`restoring ${Math.floor((event.records / event.of) * 100)} %`);
        break;
      case "measured":
      case "noticed":
      case "paused":
      case "polled":
      case "processed":
      case "producerRenewed":
      case "rejected":
      case "resumed":
      case "stopped":
        break;
    }
  }

  #is(state: string, reason: string | null = null): void {
    this.#state = state;
    this.#reason = reason;
  }

  #committed({ inputs, lanes, outputs }: EventOf<"committed">): void {
    for (const { lane } of lanes) this.#waiting.delete(laneId(lane));
    if (this.#waiting.size === 0) this.#is("running");
    this.#in += inputs;
    const now = Date.now();
    for (const batch of outputs) {
      this.#out += batch.length;
      for (let i = 0; i < batch.length; i++) this.#latency.add(Math.max(0, now - batch.timestamp(i)));
    }
  }

  /** The numbers now; rates and percentiles cover the time since the last call. */
  look(now: number = Date.now()): Progress {
    const seconds = Math.max(0.001, (now - this.#last.at) / 1_000);
    const perSecond = (count: number): number => Math.round(count / seconds);
    const progress: Progress = {
      state: this.#state,
      reason: this.#reason,
      lanes: this.#lag.lanes,
      in: this.#in,
      out: this.#out,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      lag: this.#lag.total(),
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
}

const count = new Intl.NumberFormat("en");

/** One line for people. */
export function progressLine({
  duplicates,
  inPerSecond,
  in: read,
  lag,
  lanes,
  out,
  outPerSecond,
  p50Ms,
  p99Ms,
  state,
}: Progress): string {
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
