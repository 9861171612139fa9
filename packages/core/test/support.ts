import { type Batch, batchOf, type Lane, type LaneContext, type PlainRecord } from "@tandem-cdc/core";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 3 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function records(...values: string[]): Batch {
  return batchOf(
    LANE,
    values.map((value, i): PlainRecord => ({
      offset: 10 + i,
      timestamp: 1_000 + i,
      key: encoder.encode(`k${i}`),
      value: encoder.encode(value),
    })),
  );
}

export function values(batch: Batch): (string | null)[] {
  return Array.from({ length: batch.length }, (_, i) => {
    const value = batch.value(i);
    return value === null ? null : decoder.decode(value);
  });
}

export function offsets(batch: Batch): number[] {
  return Array.from({ length: batch.length }, (_, i) => batch.offset(i));
}

export function context(overrides: Partial<LaneContext> = {}): LaneContext {
  return {
    lane: LANE,
    pipeline: "test",
    partitions: 8,
    startOffset: 0,
    logStart: 0,
    lastTimestamp: null,
    replaying: false,
    note: () => undefined,
    signal: new AbortController().signal,
    state: undefined,
    async *replay() {},
    async offsetAt() {
      return 0;
    },
    restoring() {},
    report() {},
    ...overrides,
  };
}
