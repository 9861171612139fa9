import { type Batch, batchOf, type Header, type Lane, type PlainRecord } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";

const encoder = new TextEncoder();
const START_MS = Date.UTC(2026, 0, 1);

/** What a test says of a change; the rest is as Debezium's MariaDB connector sends it. */
export interface Told {
  readonly source: string;
  readonly sequence: number;
  readonly key?: number | null;
  readonly op?: string;
  readonly before?: string | null;
  readonly after?: string | null;
  readonly pos?: number;
  readonly row?: number;
  /** When the record came, milliseconds after the log's beginning. */
  readonly atMs?: number;
  readonly snapshot?: boolean;
}

type Entry = Omit<PlainRecord, "offset"> | null;

export function headerOf(source: string): Header[] {
  return [{ key: "connector", value: encoder.encode(source) }];
}

/** A change as a connector sends it. */
export function change(told: Told): Entry {
  const {
    after = null,
    atMs = 0,
    before = null,
    key = 1,
    op = "u",
    row = 0,
    sequence,
    snapshot = false,
    source,
  } = told;
  const row_ = (status: string | null): object | null => (status === null ? null : { id: key, status });
  const value = {
    before: row_(before),
    after: row_(after),
    source: {
      version: "3.5.0.Final",
      connector: "mariadb",
      ts_ms: START_MS + sequence * 1_000,
      snapshot: snapshot ? "true" : "false",
      db: "shop",
      table: "orders",
      gtid: snapshot ? null : `0-101-${sequence}`,
      file: source === "b" ? "bin3.000001" : "bin2.000001",
      pos: told.pos ?? sequence * 100,
      row,
    },
    op: snapshot ? "r" : op,
    ts_ms: START_MS + atMs,
  };
  return {
    timestamp: START_MS + atMs,
    key: key === null ? null : encoder.encode(JSON.stringify({ id: key })),
    value: encoder.encode(JSON.stringify(value)),
    headers: headerOf(source),
  };
}

/** A topic of one partition in memory; null stands for an offset without a record. */
export function logOf(topic: string, entries: readonly Entry[], { partitions = 1, start = 0 } = {}): LogReader {
  const records = entries.flatMap((entry, offset) => (entry === null || offset < start ? [] : [{ ...entry, offset }]));
  return {
    partitions: async () => new Map([[topic, partitions]]),
    bounds: async ({ partition }) => (partition === 0 ? { start, end: entries.length } : { start: 0, end: 0 }),
    offsetAt: async (_, ms) => records.find(({ timestamp }) => timestamp >= ms)?.offset ?? entries.length,
    async *read(lane: Lane, from, to): AsyncGenerator<Batch> {
      const wanted = lane.partition === 0 ? records.filter(({ offset }) => offset >= from && offset < to) : [];
      // Batches of a few records, so that copies lie in other batches too.
      for (let at = 0; at < wanted.length; at += 3) yield batchOf(lane, wanted.slice(at, at + 3));
    },
    close: async () => undefined,
  };
}
