import type { Observer, PipelineEvent } from "@tandem-cdc/core";
import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { metricsObserver } from "../src/index.ts";
import { aborted, assigned, committed, LANE, processed, records, rewound } from "./support.ts";

let registry: Registry;
let observer: Observer;
let logEnd: number | null;
beforeEach(() => {
  registry = new Registry();
  logEnd = null;
  observer = metricsObserver(registry, { now: () => 1_200, logEnd: () => logEnd });
});

function tell(...events: readonly PipelineEvent[]): void {
  for (const event of events) observer.observe(event);
}

async function numbers(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of (await registry.metrics()).split("\n")) {
    const match = /^tandem_(\S+?)(\{.*\})? (\S+)$/.exec(line);
    if (match !== null) found[`${match[1]}${match[2] ?? ""}`] = Number(match[3]);
  }
  return found;
}

const batch = records([0, 1, 2, 3]);
const TOPIC = '{topic="cdc.shop.orders"}';
/** Two of four records are copies, one is at fault. */
const firstTry: readonly PipelineEvent[] = [
  { type: "polled", batch, bytes: 40 },
  { type: "measured", lane: LANE, name: "divergence", count: 1 },
  processed(batch, { duplicates: [1, 2], rejected: [3] }),
];

describe("the numbers of a pipeline", () => {
  it("count what was read, emitted, dropped, rejected and found", async () => {
    tell(assigned(6), ...firstTry, committed([records([0])], 4, 4));
    expect(await numbers()).toMatchObject({
      [`consumed_records_total${TOPIC}`]: 4,
      [`consumed_bytes_total${TOPIC}`]: 40,
      [`emitted_records_total${TOPIC}`]: 1,
      duplicate_records_total: 2,
      'dropped_records_total{stage="dedup",reason="duplicate"}': 2,
      'rejected_records_total{stage="dedup"}': 1,
      'findings_total{name="divergence"}': 1,
      transactions_committed_total: 1,
      transactions_aborted_total: 0,
      lanes: 1,
      [`lag_records${TOPIC}`]: 2,
    });
  });

  it("measure seconds, from a record's timestamp to its commit", async () => {
    tell(assigned(6), processed(batch), committed([batch], 4, 4));
    expect(await numbers()).toMatchObject({
      end_to_end_latency_seconds_count: 4,
      end_to_end_latency_seconds_sum: 0.8,
      batch_processing_seconds_sum: 0.004,
      transaction_seconds_sum: 0.02,
    });
  });

  it("do not count twice what was aborted and processed again", async () => {
    tell(assigned(4), ...firstTry, aborted(), rewound(0, 4), ...firstTry, committed([records([0])], 4, 4));
    expect(await numbers()).toMatchObject({
      duplicate_records_total: 2,
      'dropped_records_total{stage="dedup",reason="duplicate"}': 2,
      'rejected_records_total{stage="dedup"}': 1,
      'findings_total{name="divergence"}': 1,
      [`emitted_records_total${TOPIC}`]: 1,
      transactions_committed_total: 1,
      transactions_aborted_total: 1,
    });
  });

  it("forget what a revoked lane had not committed", async () => {
    tell(assigned(4), ...firstTry, { type: "revoked", lanes: [LANE], lost: true }, assigned(4), committed([], 4, 0));
    expect(await numbers()).toMatchObject({ duplicate_records_total: 0, lane_revocations_total: 1, lanes: 1 });
  });

  it("count a batch only once the commit covers it", async () => {
    const second = records([4, 5]);
    tell(
      assigned(6),
      processed(batch, { duplicates: [0] }),
      processed(second, { duplicates: [0, 1] }),
      committed([], 4, 4),
    );
    expect(await numbers()).toMatchObject({ duplicate_records_total: 1 });
    tell(committed([], 6, 2));
    expect(await numbers()).toMatchObject({ duplicate_records_total: 3 });
  });

  it("take the log's end of the transport where it knows a later one", async () => {
    tell(assigned(6), committed([], 4, 4));
    logEnd = 50;
    expect(await numbers()).toMatchObject({ [`lag_records${TOPIC}`]: 46 });
  });

  it("name a hundred topics, and sum up the others", async () => {
    for (let i = 0; i < 103; i++) {
      const lane = { topic: `cdc.t${i}`, partition: 0 };
      tell(
        assigned(10, lane),
        { type: "polled", batch: records([0, 1], lane), bytes: 20 },
        committed([records([0], lane)], 2, 2, lane),
      );
    }
    const found = await numbers();
    for (const name of ["consumed_records_total", "consumed_bytes_total", "emitted_records_total", "lag_records"])
      expect(
        Object.keys(found).filter((key) => key.startsWith(`${name}{`)),
        name,
      ).toHaveLength(101);
    expect(found).toMatchObject({
      'consumed_records_total{topic="other"}': 6,
      'emitted_records_total{topic="other"}': 3,
      'lag_records{topic="other"}': 24,
    });
  });
});

describe("the names", () => {
  it("keep the conventions of Prometheus: prefix, base units, _total on counters only", async () => {
    const UNITS = ["seconds", "bytes", "records", "lanes"];
    for (const metric of await registry.getMetricsAsJSON()) {
      const { help, name } = metric;
      const type = String(metric.type);
      expect(name).toMatch(/^tandem_[a-z]+(_[a-z]+)*$/);
      expect(help, name).toMatch(/^[A-Z].*\.$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name).not.toMatch(/_(count|sum|bucket|ms|milliseconds|minutes|kilobytes|mb)(_|$)/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      if (type === "gauge") expect(UNITS).toContain(name.split("_").at(-1));
    }
    expect(await registry.getMetricsAsJSON()).toHaveLength(17);
  });
});
