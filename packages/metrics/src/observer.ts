import type { Batch, Lane, Observer, PipelineEvent } from "@tandem-cdc/core";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { CommittedDrops } from "./committed-drops.ts";
import { Lag } from "./lag.ts";

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Reasons under which copies are dropped: of another source, or of their own source again. */
export const DUPLICATES: ReadonlySet<string> = new Set(["duplicate", "redelivery"]);
/** Topics that get a label of their own; more would be a label set without a bound. */
const TOPICS = 100;

export interface MetricsOptions {
  /** The end of a lane's log, where the transport knows it without asking. */
  readonly logEnd?: (lane: Lane) => number | null;
  /** Default: the system's clock. */
  readonly now?: () => number;
}

/** Turns a pipeline's events into Prometheus metrics, in the registry that it is given. */
export function metricsObserver(registry: Registry, { logEnd, now = Date.now }: MetricsOptions = {}): Observer {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `tandem_${name}_total`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name: `tandem_${name}_seconds`, help, buckets, registers });

  const consumed = counter("consumed_records", "Records read from input topics.", ["topic"]);
  const consumedBytes = counter("consumed_bytes", "Bytes of keys and values read from input topics.", ["topic"]);
  const emitted = counter("emitted_records", "Records committed to output topics.", ["topic"]);
  const duplicates = counter("duplicate_records", "Copies of changes that had gone out before.");
  const dropped = counter("dropped_records", "Records dropped on purpose, duplicates included.", ["stage", "reason"]);
  const rejected = counter("rejected_records", "Records at fault.", ["stage"]);
  const findings = counter("findings", "What transforms found worth counting.", ["name"]);
  const commits = counter("transactions_committed", "Transactions committed.");
  const aborts = counter("transactions_aborted", "Transactions aborted.");
  const renewals = counter("producer_renewals", "Transactional producers replaced.");
  const rebalances = counter("lane_revocations", "Lanes given up in rebalances.");
  const stalls = counter("stalls", "Waits for something that did not answer.");
  const lanes = new Gauge({ name: "tandem_lanes", help: "Lanes that this instance owns.", registers });
  const latency = histogram("end_to_end_latency", "From a record's timestamp to its copy being committed.", LATENCY_BUCKETS);
  const processing = histogram("batch_processing", "Processing one batch, claims included.", DURATION_BUCKETS);
  const committing = histogram("transaction", "One transaction, from begin to commit.", DURATION_BUCKETS);

  const lag = new Lag(logEnd);
  new Gauge({
    name: "tandem_lag_records",
    help: "Records of owned lanes that are not committed yet.",
    labelNames: ["topic"],
    registers,
    collect() {
      this.reset();
      for (const [topic, records] of lag.byTopic()) this.inc({ topic: topicLabel(topic) }, records);
    },
  });
  const drops = new CommittedDrops(({ count, reason, stage }) => {
    dropped.inc({ stage, reason }, count);
    if (DUPLICATES.has(reason)) duplicates.inc(count);
  });

  const known = new Set<string>();
  const topicLabel = (topic: string): string => {
    if (known.size < TOPICS) known.add(topic);
    return known.has(topic) ? topic : "other";
  };
  const output = (batch: Batch): void => {
    if (batch.length === 0) return;
    emitted.inc({ topic: topicLabel(batch.lane.topic) }, batch.length);
    for (let i = 0; i < batch.length; i++) latency.observe(Math.max(0, now() - batch.timestamp(i)) / 1_000);
  };

  return {
    observe(event: PipelineEvent) {
      lag.observe(event);
      drops.observe(event);
      switch (event.type) {
        case "polled": {
          const topic = topicLabel(event.batch.lane.topic);
          consumed.inc({ topic }, event.batch.length);
          return consumedBytes.inc({ topic }, event.bytes);
        }
        case "processed":
          return processing.observe(event.durationMs / 1_000);
        case "rejected":
          return rejected.inc({ stage: event.rejection.stage });
        case "measured":
          return findings.inc({ name: event.name }, event.count);
        case "committed":
          commits.inc();
          committing.observe(event.durationMs / 1_000);
          for (const batch of event.outputs) output(batch);
          return;
        case "aborted":
          return aborts.inc();
        case "producerRenewed":
          return renewals.inc();
        case "assigned":
          return lanes.inc(event.lanes.length);
        case "revoked":
          rebalances.inc(event.lanes.length);
          return lanes.dec(event.lanes.length);
        case "stalled":
          return stalls.inc();
        case "connected":
        case "rewound":
        case "paused":
        case "resumed":
        case "stopped":
          return undefined;
      }
    },
  };
}
