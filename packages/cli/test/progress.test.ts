import { type Batch, batchOf, type Lane, OutcomesBuilder, type PipelineEvent } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { Latency } from "../src/run/latency.ts";
import { ProgressObserver, progressLine } from "../src/run/progress.ts";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };

function records(count: number, ageMs = 0): Batch {
  const timestamp = Date.now() - ageMs;
  return batchOf(
    LANE,
    Array.from({ length: count }, (_, offset) => ({ offset, timestamp, key: null, value: null })),
  );
}

/** A batch of four is processed: two copies, one record at fault. */
function processed(): PipelineEvent {
  const batch = records(4);
  const outcomes = new OutcomesBuilder("dedup", batch);
  outcomes.drop(1, "duplicate");
  outcomes.drop(2, "redelivery");
  outcomes.reject(3, new Error("not JSON"));
  return { type: "processed", batch, outcomes: outcomes.done(), durationMs: 1 };
}

const start = { lanes: [{ lane: LANE, offset: 0, logEnd: 10 }] };
const commit = (output: Batch): PipelineEvent => ({
  type: "committed",
  outputs: [output],
  inputs: 4,
  lanes: [{ lane: LANE, nextOffset: 4 }],
  durationMs: 1,
});

function following(...events: readonly PipelineEvent[]): ProgressObserver {
  const progress = new ProgressObserver(() => 12);
  for (const event of events) progress.observe(event);
  return progress;
}

it("counts what has committed, and nothing twice that was aborted between", () => {
  const aborted: PipelineEvent = { type: "aborted", error: new Error("the broker is away"), lanes: [LANE] };
  const progress = following({ type: "assigned", ...start }, processed());
  expect(progress.look()).toMatchObject({ in: 0, out: 0, duplicates: 0, rejected: 0, lag: 12 });
  for (const event of [aborted, { type: "rewound", ...start }, processed(), commit(records(1))] as const)
    progress.observe(event);
  expect(progress.look()).toMatchObject({
    state: "running",
    lanes: 1,
    in: 4,
    out: 1,
    duplicates: 2,
    rejected: 1,
    aborts: 1,
    lag: 8,
  });
});

it("measures from a record's timestamp to its commit, since the last look", () => {
  const progress = following({ type: "assigned", ...start }, commit(records(100, 200)));
  const { p50Ms, p99Ms } = progress.look();
  expect(p50Ms).toBeGreaterThan(180);
  expect(p99Ms).toBeLessThan(400);
  expect(progress.look()).toMatchObject({ p50Ms: null, p99Ms: null, out: 100 });
});

it("gives rates since the last look", () => {
  const progress = new ProgressObserver();
  const now = Date.now();
  progress.look(now);
  progress.observe(commit(records(3)));
  expect(progress.look(now + 2_000)).toMatchObject({ inPerSecond: 2, outPerSecond: 2 });
  expect(progress.look(now + 3_000)).toMatchObject({ inPerSecond: 0, outPerSecond: 0, in: 4 });
});

it("says what state the pipeline is in", () => {
  const progress = new ProgressObserver();
  const state = (event: PipelineEvent): string => {
    progress.observe(event);
    return progress.look().state;
  };
  expect(progress.look()).toMatchObject({ state: "connecting", lag: null });
  expect(state({ type: "connected" })).toBe("joining the group");
  expect(state({ type: "assigned", ...start })).toBe("running");
  expect(state({ type: "stalled", lane: LANE, error: new Error("store"), retryInMs: 100 })).toBe("waiting");
  expect(state(commit(records(1)))).toBe("running");
  expect(state({ type: "revoked", lanes: [LANE], lost: false })).toBe("without lanes");
});

it("is one line for people", () => {
  const progress = following({ type: "assigned", ...start });
  expect(
    progressLine({
      ...progress.look(),
      in: 12_345,
      out: 6_000,
      duplicates: 6_345,
      inPerSecond: 5_000,
      outPerSecond: 2_500,
      p50Ms: 8.6,
      p99Ms: 41.2,
    }),
  ).toBe("running   in 12,345 (5,000/s)  out 6,000 (2,500/s)  duplicates 6,345  lag 12  p50 8.6 ms  p99 41 ms  1 lane");
});

it("keeps percentiles right to ten percent", () => {
  const latency = new Latency();
  expect(latency.percentile(50)).toBeNull();
  for (let ms = 1; ms <= 1_000; ms++) latency.add(ms);
  expect(latency.percentile(50)).toBeGreaterThanOrEqual(500);
  expect(latency.percentile(50)).toBeLessThanOrEqual(550);
  expect(latency.percentile(99)).toBeGreaterThanOrEqual(990);
  expect(latency.percentile(99)).toBeLessThanOrEqual(1_089);
  latency.reset();
  expect(latency.percentile(99)).toBeNull();
});

it("waits with the reason until every lane that stalled has committed: to start again is not to go on", () => {
  const stalled = (lane: Lane | null): PipelineEvent => ({
    type: "stalled",
    lane,
    error: new Error("the store is down"),
    retryInMs: 100,
  });
  const waiting = { state: "waiting", reason: "the store is down" };
  const other = { topic: LANE.topic, partition: 1 };
  const progress = following({ type: "assigned", ...start }, stalled(LANE), { type: "rewound", ...start });
  expect(progress.look()).toMatchObject(waiting);
  progress.observe(stalled(other));
  progress.observe(commit(records(1)));
  expect(progress.look()).toMatchObject(waiting);
  progress.observe({ type: "revoked", lanes: [other], lost: false });
  progress.observe(commit(records(1)));
  expect(progress.look()).toMatchObject({ state: "running", reason: null });
  progress.observe(stalled(null));
  expect(progress.look()).toMatchObject(waiting);
  progress.observe({ type: "rewound", ...start });
  expect(progress.look()).toMatchObject({ state: "running", reason: null });
});
