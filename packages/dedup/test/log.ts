import {
  type Batch,
  batchOf,
  type IdentityStrategy,
  isJsonObject,
  type JsonValue,
  type Lane,
  type LaneContext,
  type PlainRecord,
  type Transform,
} from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const hash = await loadHash();

/** The value is the identity; remembers how many records it has seen. */
export const byValue: IdentityStrategy = {
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

/** Of `source:change`: the change, and how often this source has sent it. */
export const byOccurrence: IdentityStrategy = {
  name: "occurrence",
  version: 1,
  openLane(_, state) {
    const counts: Record<string, JsonValue> = isJsonObject(state) ? { ...state } : {};
    return {
      identify(batch, i, into) {
        const value = decoder.decode(batch.value(i) ?? new Uint8Array(0));
        const count = Number(counts[value] ?? 0) + 1;
        counts[value] = count;
        into.text(value.slice(value.indexOf(":")));
        into.number(count);
        return "change";
      },
      state: () => ({ ...counts }),
    };
  },
};

/** A log of values, one a second. */
export function logOf(...values: string[]): PlainRecord[] {
  return values.map((value, offset) => ({
    offset,
    timestamp: offset * 1_000,
    key: null,
    value: encoder.encode(value),
  }));
}

export interface Started extends LaneContext {
  /** Coordinates that were read again. */
  readonly read: number[];
  readonly shown: string[];
}

/** The lane from `startOffset` on, of a process that just started. */
export function started(
  log: readonly PlainRecord[],
  startOffset: number,
  {
    lane = LANE,
    lastTimestamp = startOffset === 0 ? null : (log[startOffset - 1]?.timestamp ?? null),
    logStart = 0,
    pipeline = "test",
    state,
  }: Partial<LaneContext> = {},
): Started {
  const read: number[] = [];
  const shown: string[] = [];
  return {
    read,
    shown,
    lane,
    pipeline,
    partitions: 1,
    startOffset,
    logStart,
    lastTimestamp,
    replaying: false,
    note: () => undefined,
    signal: new AbortController().signal,
    state,
    async *replay(from, to): AsyncGenerator<Batch> {
      for (const record of log.slice(from, to)) {
        read.push(record.offset);
        yield batchOf(lane, [record]);
      }
    },
    offsetAt: async (timestampMs) => Math.max(0, Math.ceil(timestampMs / 1_000)),
    restoring: (records, of) => shown.push(`${records}/${of}`),
    report: () => undefined,
  };
}

/** Applies what the log holds from `from` to `to`; the coordinates that come out. */
export async function emitted(
  stage: Transform,
  context: LaneContext,
  log: readonly PlainRecord[],
  from: number = context.startOffset,
  to: number = log.length,
): Promise<number[]> {
  const { next } = await stage.apply(batchOf(context.lane, log.slice(from, to)), context);
  return Array.from({ length: next.length }, (_, i) => next.offset(i));
}
