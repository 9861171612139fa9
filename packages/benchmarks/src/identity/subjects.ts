import { avroFormat, framed, parseSchema, type SchemaRegistry } from "@tandem-cdc/avro";
import { type Batch, batchOf, type IdentityStrategy, type PayloadFormat, type PlainRecord } from "@tandem-cdc/core";
import { contentIdentity, debeziumIdentity, fieldsIdentity, headerIdentity, jsonFormat } from "@tandem-cdc/debezium";
import avsc from "avsc";
import { type Event, type Sample, sample } from "./events.ts";

export const FORMATS = ["json", "avro"] as const;
export type Format = (typeof FORMATS)[number];

/** Distinct changes, and what both connectors made of them. */
const EVENTS = 4_000;
const BATCH = 500;
const LANE = { topic: "cdc.shop.orders", partition: 0 };

/** What differs between the connectors, or says nothing of the change. */
const EXCEPT = ["ts_ms", "ts_us", "ts_ns", "transaction", "source.file", "source.pos", "source.row", "source.sequence"];

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  mariadb: ["source.gtid", "transaction.total_order", "op", "key"],
  postgresql: ["source.txId", "source.lsn", "op", "key"],
};

/** What is measured: an identity, or a decode of all that there is. */
export const STRATEGIES: Readonly<
  Record<string, null | ((format: PayloadFormat, sample: string) => IdentityStrategy)>
> = {
  "full decode": null,
  "debezium with sources": (format) => debeziumIdentity({ sources: { header: "connector" }, format }),
  "debezium without sources": (format) => debeziumIdentity({ format }),
  content: (format) => contentIdentity({ format, except: EXCEPT }),
  fields: (format, from) => fieldsIdentity({ format, fields: FIELDS[from] ?? [] }),
  header: () => headerIdentity({ header: "event-id" }),
};

/** Records of one lane, and what reads them. */
export interface Subject {
  readonly batches: readonly Batch[];
  readonly records: number;
  readonly bytes: number;
  /** Null: everything is decoded. */
  readonly identity: IdentityStrategy | null;
  readonly decode: (payload: Uint8Array) => unknown;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function subjectOf(sampleName: string, formatName: Format, strategy: string): Subject {
  const recorded = sample(sampleName, EVENTS);
  const { decode, encode, format } = formatName === "json" ? asJson() : asAvro(recorded);
  const records = recorded.events.map((event, offset) => recordOf(event, offset, encode));
  const batches = [];
  for (let i = 0; i < records.length; i += BATCH) batches.push(batchOf(LANE, records.slice(i, i + BATCH)));
  const make = STRATEGIES[strategy];
  if (make === undefined) throw new Error(`no strategy ${strategy}`);
  return {
    batches,
    records: records.length,
    bytes: records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) / records.length,
    identity: make === null ? null : make(format, sampleName),
    decode,
  };
}

interface Encoding {
  readonly format: PayloadFormat;
  readonly encode: (part: "key" | "value", event: Event) => Uint8Array | null;
  readonly decode: (payload: Uint8Array) => unknown;
}

function asJson(): Encoding {
  return {
    format: jsonFormat,
    encode: (part, event) => (event[part] === null ? null : encoder.encode(JSON.stringify(event[part], base64))),
    decode: (payload) => JSON.parse(decoder.decode(payload)) as unknown,
  };
}

/** Connect's JSON converter writes bytes as base64. */
function base64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const bytes = this[name];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : value;
}

const KEY_ID = 1;
const VALUE_ID = 2;

function asAvro({ keySchema, valueSchema }: Sample): Encoding {
  const typeOf = (schema: string): avsc.Type =>
    avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, { wrapUnions: false });
  const [keys, values] = [typeOf(keySchema), typeOf(valueSchema)];
  const encode: Encoding["encode"] = (part, event) =>
    part === "value"
      ? framed(VALUE_ID, values.toBuffer(event.value))
      : event.key && framed(KEY_ID, keys.toBuffer(event.key));
  return {
    format: avroFormat({ registry: registryOf({ [KEY_ID]: keySchema, [VALUE_ID]: valueSchema }) }),
    encode,
    decode: (payload) =>
      (payload[4] === KEY_ID ? keys : values).fromBuffer(
        Buffer.from(payload.buffer, payload.byteOffset + 5, payload.length - 5),
      ),
  };
}

/** Answers from memory. */
function registryOf(schemas: Readonly<Record<number, string>>): SchemaRegistry {
  return {
    async schema(id) {
      const text = schemas[id] ?? "";
      return { id, text, referenced: [], type: parseSchema(JSON.parse(text)) };
    },
    register: async () => 0,
    subjects: async () => [],
    close: () => undefined,
  };
}

function recordOf(event: Event, offset: number, encode: Encoding["encode"]): PlainRecord {
  return {
    offset,
    timestamp: offset,
    key: encode("key", event),
    value: encode("value", event),
    headers: [
      { key: "connector", value: encoder.encode(event.connector) },
      { key: "event-id", value: encoder.encode(`event-${offset >> 1}`) },
    ],
  };
}
