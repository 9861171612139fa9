import {
  type Batch,
  batchOf,
  type IdentityStrategy,
  type Lane,
  type LaneContext,
  type PlainRecord,
} from "@tandem-cdc/core";
import { dedup, loadHash, memoryStore } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
const encoder = new TextEncoder();
const hash = await loadHash();

/** The value is the identity; remembers how many records it has seen. */
const byValue: IdentityStrategy = {
  name: "value",
  version: 1,
  openLane(_, state) {
    let seen = Number(state ?? 0);
    return {
      identify(batch, i, into) {
        seen++;
        into.bytes(batch.value(i));
        return "change";
      },
      state: () => seen,
    };
  },
};

/** A log of values, one a second. */
function logOf(...values: string[]): PlainRecord[] {
  return values.map((value, offset) => ({
    offset,
    timestamp: offset * 1_000,
    key: null,
    value: encoder.encode(value),
  }));
}

/** The lane from `startOffset` on, of a process that just started. */
function started(
  log: readonly PlainRecord[],
  startOffset: number,
): LaneContext & { readonly read: number[]; readonly shown: string[] } {
  const read: number[] = [];
  const shown: string[] = [];
  return {
    read,
    shown,
    lane: LANE,
    pipeline: "test",
    partitions: 1,
    startOffset,
    logStart: 0,
    lastTimestamp: startOffset === 0 ? null : (log[startOffset - 1]?.timestamp ?? null),
    signal: new AbortController().signal,
    state: undefined,
    async *replay(from, to): AsyncGenerator<Batch> {
      for (const record of log.slice(from, to)) {
        read.push(record.offset);
        yield batchOf(LANE, [record]);
      }
    },
    offsetAt: async (timestampMs) => Math.max(0, Math.ceil(timestampMs / 1_000)),
    restoring: (records, of) => shown.push(`${records}/${of}`),
    report: () => undefined,
  };
}

async function emitted(
  stage: ReturnType<typeof dedup>,
  context: LaneContext,
  log: readonly PlainRecord[],
): Promise<number[]> {
  const { next } = await stage.apply(batchOf(LANE, log.slice(context.startOffset)), context);
  return Array.from({ length: next.length }, (_, i) => next.offset(i));
}

const options = { identity: byValue, hash };

it("a memory store that is rebuilt from the log knows what was emitted before the restart; one that is not, forgets", async () => {
  const log = logOf("x", "y", "z", "y", "new");
  const forgetful = dedup({ ...options, keyStore: memoryStore() });
  const context = started(log, 3);
  await forgetful.openLane?.(context);
  expect(await emitted(forgetful, context, log)).toEqual([3, 4]);

  const rebuilt = dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 60_000 } });
  const again = started(log, 3);
  await rebuilt.openLane?.(again);
  expect(await emitted(rebuilt, again, log)).toEqual([4]);
  expect(again.shown).toEqual(["1/3", "2/3", "3/3"]);
});

it("begins one kept lifetime before the last committed record, not before now and not at the log's start", async () => {
  const log = logOf(...Array.from({ length: 100 }, (_, i) => `v${i}`));
  const context = started(log, 90);
  await dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 8_000 } }).openLane?.(context);
  expect(context.read).toEqual([79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89]);
});

it("reads nothing again for a new lane, or after a rewind, and only what others processed after it was away", async () => {
  const log = logOf("a", "b", "c", "d", "b", "e", "c");
  const stage = dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 60_000 } });
  const first = started(log.slice(0, 2), 0);
  await stage.openLane?.(first);
  expect(await emitted(stage, first, log.slice(0, 2))).toEqual([0, 1]);
  await stage.closeLane?.(first);

  const rewound = started(log, 1);
  await stage.openLane?.(rewound);
  await stage.closeLane?.(rewound);
  expect([...first.read, ...rewound.read]).toEqual([]);

  const back = started(log, 4);
  await stage.openLane?.(back);
  expect(back.read).toEqual([2, 3]);
  expect(await emitted(stage, back, log)).toEqual([5]);
});
