import type { Converter, DataValue, Header, Schema } from "@tandem-cdc/core";
import type { LogRecord } from "../kafka/partition-log.ts";

/** Headers by name, or as Kafka has them. */
export type TestHeaders = Readonly<Record<string, string | Uint8Array | null>> | readonly Header[];

interface Place {
  /** Default: the test's. */
  readonly topic?: string;
  /** Default 0. */
  readonly partition?: number;
  readonly headers?: TestHeaders;
  /** Milliseconds since the epoch. Default: now, in virtual time. */
  readonly timestamp?: number;
  /** The connector that sends it: the header `connector`. */
  readonly source?: string;
}

/** A record as it is sent. Bytes are sent as they are, any other key or value is encoded (JSON, if nothing else was said). */
export interface TestRecord extends Place {
  readonly key?: DataValue;
  readonly keySchema?: Schema | null;
  /** Left out or null: a tombstone. */
  readonly value?: DataValue;
  readonly valueSchema?: Schema | null;
}

/**
 * A row's change, in short: it becomes what Debezium's MariaDB connector would send. A source's n-th change is change n of
 * the database, so that two sources which send the same changes in the same order send copies.
 */
export interface TestChange extends Place {
  /** Left out or null: an insert. */
  readonly before?: DataValue;
  /** Left out or null: a delete. Its tombstone is sent behind it. */
  readonly after?: DataValue;
  /** Default: `{ id }` of the row. */
  readonly key?: DataValue;
  /** The database's number of the change. Default: one more than the source's last. */
  readonly sequence?: number;
}

/** Where a record is appended. */
export interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly record: LogRecord;
}

export interface Sending {
  readonly topic: string;
  readonly converters: { readonly key: Converter; readonly value: Converter };
  readonly now: () => number;
}

export const DEFAULT_SOURCE = "a";
const SOURCE_HEADER = "connector";
const encoder = new TextEncoder();

/** Makes records of what a test sends. */
export class Sender {
  readonly #sending: Sending;
  readonly #sequences = new Map<string, number>();

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  made(given: TestRecord | TestChange): readonly Sent[] {
    if (!isChange(given)) return [this.#record(given)];
    const { after = null, before = null, sequence, source = DEFAULT_SOURCE, ...place } = given;
    const number = sequence ?? (this.#sequences.get(source) ?? 0) + 1;
    this.#sequences.set(source, number);
    const key = given.key ?? keyOf(after ?? before);
    const topic = given.topic ?? this.#sending.topic;
    const value = changeEvent({ after, before, source, topic, sequence: number, now: this.#sending.now() });
    const change = this.#record({ ...place, source, key, value });
    return after === null ? [change, this.#record({ ...place, source, key, value: null })] : [change];
  }

  #record(given: TestRecord): Sent {
    const { converters, now, topic: usual } = this.#sending;
    const { headers = {}, key = null, keySchema = null, partition = 0, source, timestamp, topic = usual } = given;
    const { value = null, valueSchema = null } = given;
    const bytes = (part: "key" | "value", data: DataValue, schema: Schema | null): Uint8Array | null =>
      data === null || data instanceof Uint8Array
        ? data
        : converters[part].fromConnectData({ schema, value: data }, { topic, part });
    const named = source === undefined ? [] : [{ key: SOURCE_HEADER, value: encoder.encode(source) }];
    return {
      topic,
      partition,
      record: {
        key: bytes("key", key, keySchema),
        value: bytes("value", value, valueSchema),
        headers: [...headersOf(headers), ...named],
        timestamp: timestamp ?? Math.floor(now()),
      },
    };
  }
}

function isChange(given: TestRecord | TestChange): given is TestChange {
  return "after" in given || "before" in given;
}

function headersOf(headers: TestHeaders): readonly Header[] {
  if (isList(headers)) return headers;
  return Object.entries(headers).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? encoder.encode(value) : value,
  }));
}

function isList(headers: TestHeaders): headers is readonly Header[] {
  return Array.isArray(headers);
}

function keyOf(row: DataValue): DataValue {
  const id = (row as { readonly id?: DataValue } | null)?.id;
  return id === undefined ? null : { id };
}

interface Change {
  readonly after: DataValue;
  readonly before: DataValue;
  readonly source: string;
  readonly topic: string;
  readonly sequence: number;
  readonly now: number;
}

function changeEvent({ after, before, now, sequence, source, topic }: Change): DataValue {
  const names = topic.split(".");
  const at = Math.floor(now);
  return {
    before,
    after,
    source: {
      connector: "mariadb",
      name: names[0] ?? "",
      ts_ms: at,
      snapshot: "false",
      db: names.at(-2) ?? "",
      table: names.at(-1) ?? "",
      server_id: 1,
      gtid: `0-1-${sequence}`,
      file: `bin-${source}.000001`,
      pos: sequence * 100,
      row: 0,
    },
    op: before === null ? "c" : after === null ? "d" : "u",
    ts_ms: at,
  };
}
