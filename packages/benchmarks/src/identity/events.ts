import { readFileSync } from "node:fs";
import avsc from "avsc";

/** A value as it was decoded. */
export type Value = null | boolean | number | string | Uint8Array | readonly Value[] | Fields;
export interface Fields {
  readonly [name: string]: Value;
}

/** A change event. */
export interface Event {
  readonly connector: string;
  readonly key: Fields | null;
  readonly value: Fields;
}

/** One topic's events, recorded, and moved on in their log again and again until there are enough; and their schemas. */
export interface Sample {
  readonly events: readonly Event[];
  readonly keySchema: string;
  readonly valueSchema: string;
}

interface Recording {
  readonly file: string;
  readonly topic: string;
  /** The source block, moved on by n times as much log as was recorded. */
  shift(source: Fields, n: number): Fields;
}

const RECORDINGS: Readonly<Record<string, Recording>> = {
  mariadb: { file: "mariadb-avro", topic: "cdc.shop.orders", shift: shiftedGtid },
  postgresql: { file: "postgresql-avro", topic: "cdc.public.orders", shift: shiftedLsn },
};

export const SAMPLES: readonly string[] = Object.keys(RECORDINGS);

const FIXTURES = new URL("../../../debezium/test/fixtures/", import.meta.url);

/** Streamed changes of one topic, from both connectors, at least `count`. */
export function sample(name: string, count: number): Sample {
  const recording = RECORDINGS[name];
  if (recording === undefined) throw new Error(`no sample ${name}`);
  const { events, ...schemas } = recorded(recording);
  const many: Event[] = [];
  for (let n = 0; many.length < count; n++)
    for (const { value, ...event } of events) {
      const source = value["source"] as Fields;
      many.push({ ...event, value: { ...value, source: { ...source, ...recording.shift(source, n) } } });
    }
  return { events: many, ...schemas };
}

interface Line {
  readonly topic: string;
  readonly connector: string;
  readonly key: string | null;
  readonly value: string | null;
}

/** The events whose value has the schema that most of the topic's have. */
function recorded({ file, topic }: Recording): Sample {
  const schemas = JSON.parse(readFileSync(new URL(`${file}-schemas.json`, FIXTURES), "utf8")) as Record<string, object>;
  const lines = readFileSync(new URL(`${file}.jsonl`, FIXTURES), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.topic === topic && line.value !== null);
  const [keys, values] = [commonest(lines.map(({ key }) => key)), commonest(lines.map(({ value }) => value))];
  const [keySchema, valueSchema] = [JSON.stringify(schemas[keys]), JSON.stringify(schemas[values])];
  const [keyType, valueType] = [readerOf(keySchema), readerOf(valueSchema)];
  const events = lines
    .filter(({ value }) => idOf(value) === values)
    .map(({ connector, key, value }) => ({
      connector,
      key: key === null ? null : decoded(keyType, key),
      value: decoded(valueType, value ?? ""),
    }))
    .filter(({ value }) => value["op"] !== "r");
  return { events, keySchema, valueSchema };
}

function idOf(payload: string | null): number {
  return payload === null ? -1 : Buffer.from(payload, "base64").readUInt32BE(1);
}

function commonest(payloads: readonly (string | null)[]): number {
  const counts = new Map<number, number>();
  for (const payload of payloads) counts.set(idOf(payload), (counts.get(idOf(payload)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? -1;
}

/** Takes nanoseconds for microseconds: so that avsc's own `long`, the fastest there is, can write and read them. */
const SAFE_LONG = avsc.types.LongType.__with({
  fromBuffer(buffer: Buffer) {
    const long = buffer.readBigInt64LE();
    return Number(long >= 2n ** 53n ? long / 1_000n : long);
  },
  toBuffer: () => Buffer.alloc(8),
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isInteger,
  compare: (a: number, b: number) => a - b,
});

function readerOf(schema: string): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, {
    wrapUnions: false,
    typeHook: (part) => ((part as unknown) === "long" ? SAFE_LONG : undefined),
  });
}

function decoded(type: avsc.Type, payload: string): Fields {
  return type.fromBuffer(Buffer.from(payload, "base64").subarray(5)) as Fields;
}

function shiftedGtid({ gtid, pos }: Fields, n: number): Fields {
  const [domain, server, sequence] = textOf(gtid).split("-");
  return { gtid: `${domain}-${server}-${Number(sequence) + 10_000 * n}`, pos: Number(pos) + 1_000_000 * n };
}

function shiftedLsn({ lsn, sequence, txId }: Fields, n: number): Fields {
  const by = 1_000_000 * n;
  const [commit, own] = JSON.parse(textOf(sequence)) as [string | null, string];
  const before = commit ?? String(Number(own) - 1);
  return {
    lsn: Number(lsn) + by,
    txId: Number(txId) + 1_000 * n,
    sequence: JSON.stringify([String(Number(before) + by), String(Number(own) + by)]),
  };
}

function textOf(value: Value | undefined): string {
  if (typeof value !== "string") throw new TypeError("a recorded event without its place in the log");
  return value;
}
