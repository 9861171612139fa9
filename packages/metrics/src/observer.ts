import type { Batch, Lane, Observer, PipelineEvent } from "@tandem-cdc/core";
import type { Registry } from "prom-client";
import { CommittedFates, type Fates } from "./committed-fates.ts";
import { type Instruments, instruments, lagGauge } from "./instruments.ts";
import { Lag } from "./lag.ts";

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

/** Turns a pipeline's events into Prometheus metrics, in the registry that it is given. One pipeline per registry. */
export function metricsObserver(registry: Registry, { logEnd, now = Date.now }: MetricsOptions = {}): Observer {
  const made = instruments(registry);
  const label = topicLabels();
  const lag = new Lag(logEnd);
  lagGauge(registry, () => [...lag.byTopic()].map(([topic, records]) => [label(topic), records] as const));
  const fates = new CommittedFates((told) => count(made, told));
  const output = (batch: Batch): void => {
    if (batch.length === 0) return;
    made.emitted.inc({ topic: label(batch.lane.topic) }, batch.length);
    for (let i = 0; i < batch.length; i++) made.latency.observe(Math.max(0, now() - batch.timestamp(i)) / 1_000);
  };
  return {
    observe(event) {
      lag.observe(event);
      fates.observe(event);
      made.lanes.set(lag.lanes);
      if (event.type === "polled") {
        const topic = label(event.batch.lane.topic);
        made.consumed.inc({ topic }, event.batch.length);
        made.consumedBytes.inc({ topic }, event.bytes);
      } else if (event.type === "committed") for (const batch of event.outputs) output(batch);
      follow(made, event);
    },
  };
}

/** A topic's label: its name, or `other` once a hundred have been named. */
function topicLabels(): (topic: string) => string {
  const known = new Set<string>();
  return (topic) => {
    if (known.size < TOPICS) known.add(topic);
    return known.has(topic) ? topic : "other";
  };
}

function count({ dropped, duplicates, findings, rejected }: Instruments, fates: Fates): void {
  for (const drops of fates.dropped) {
    dropped.inc({ stage: drops.stage, reason: drops.reason }, drops.count);
    if (DUPLICATES.has(drops.reason)) duplicates.inc(drops.count);
  }
  for (const { stage } of fates.rejected) rejected.inc({ stage });
  for (const { count, name } of fates.measured) findings.inc({ name }, count);
}

/** What happens to the pipeline as a whole. */
function follow(made: Instruments, event: PipelineEvent): void {
  switch (event.type) {
    case "processed":
      return made.processing.observe(event.durationMs / 1_000);
    case "committed":
      made.commits.inc();
      return made.committing.observe(event.durationMs / 1_000);
    case "aborted":
      return made.aborts.inc();
    case "producerRenewed":
      return made.renewals.inc();
    case "revoked":
      return made.revocations.inc(event.lanes.length);
    case "stalled":
      return made.stalls.inc();
    case "assigned":
    case "connected":
    case "measured":
    case "noticed":
    case "paused":
    case "polled":
    case "rejected":
    case "restoring":
    case "resumed":
    case "rewound":
    case "stopped":
      return undefined;
  }
}
