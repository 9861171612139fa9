import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Every metric of a pipeline, made in the registry that it is given. */
export interface Instruments {
  readonly consumed: Counter;
  readonly consumedBytes: Counter;
  readonly emitted: Counter;
  readonly duplicates: Counter;
  readonly dropped: Counter;
  readonly rejected: Counter;
  readonly findings: Counter;
  readonly commits: Counter;
  readonly aborts: Counter;
  readonly renewals: Counter;
  readonly revocations: Counter;
  readonly stalls: Counter;
  readonly lanes: Gauge;
  readonly latency: Histogram;
  readonly processing: Histogram;
  readonly committing: Histogram;
}

export function instruments(registry: Registry): Instruments {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `tandem_${name}_total`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name: `tandem_${name}_seconds`, help, buckets, registers });
  return {
    consumed: counter("consumed_records", "Records read from input topics, again where they were read again.", [
      "topic",
    ]),
    consumedBytes: counter("consumed_bytes", "Bytes of keys and values read from input topics.", ["topic"]),
    emitted: counter("emitted_records", "Records committed to output topics, by input topic.", ["topic"]),
    duplicates: counter("duplicate_records", "Copies of changes that had gone out before."),
    dropped: counter("dropped_records", "Records dropped on purpose, duplicates included.", ["stage", "reason"]),
    rejected: counter("rejected_records", "Records at fault that were passed over.", ["stage"]),
    findings: counter("findings", "What transforms found worth counting.", ["name"]),
    commits: counter("transactions_committed", "Transactions committed."),
    aborts: counter("transactions_aborted", "Transactions aborted."),
    renewals: counter("producer_renewals", "Transactional producers replaced."),
    revocations: counter("lane_revocations", "Lanes given up in rebalances."),
    stalls: counter("stalls", "Waits for something that did not answer."),
    lanes: new Gauge({ name: "tandem_lanes", help: "Lanes that this instance owns.", registers }),
    latency: histogram("end_to_end_latency", "From a record's timestamp to its copy being committed.", LATENCY_BUCKETS),
    processing: histogram("batch_processing", "Processing one batch, claims included.", DURATION_BUCKETS),
    committing: histogram("transaction", "One transaction, from begin to commit.", DURATION_BUCKETS),
  };
}

/** Records of owned lanes that are not committed yet: asked for when somebody looks. */
export function lagGauge(
  registry: Registry,
  byTopic: () => Iterable<readonly [topic: string, records: number]>,
): Gauge {
  return new Gauge({
    name: "tandem_lag_records",
    help: "Records of owned lanes that are not committed yet.",
    labelNames: ["topic"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [topic, records] of byTopic()) this.inc({ topic }, records);
    },
  });
}
