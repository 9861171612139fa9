import type { Batch, PayloadFormat, Projection } from "@tandem-cdc/core";
import { jsonFormat } from "./json-format.ts";

const SOURCE_NAMES = [
  // all connectors
  "connector",
  "snapshot",
  "db",
  "table",
  "ts_ms",
  // MariaDB, MySQL
  "gtid",
  "file",
  "pos",
  "row",
  "server_id",
  // PostgreSQL, SQL Server, Oracle
  "schema",
  // PostgreSQL
  "txId",
  "lsn",
  "sequence",
  // SQL Server
  "commit_lsn",
  "change_lsn",
  "event_serial_no",
  // Oracle
  "scn",
  "commit_scn",
  "rs_id",
  "ssn",
  "redo_thread",
  "lcr_position",
  "txSeq",
  // MongoDB
  "collection",
  "ord",
  "lsid",
  "txnNumber",
] as const;

const ENVELOPE_NAMES = [
  "before",
  "after",
  "source",
  "op",
  "ts_ms",
  "transaction.total_order",
  "updateDescription",
  // message events
  "message.prefix",
  "message.content",
  // the schema-change topic
  "databaseName",
  "schemaName",
  "ddl",
  "tableChanges",
  // the transaction topic
  "status",
  "id",
  "event_count",
  "data_collections",
] as const;

const SOURCE_PATHS: readonly string[] = SOURCE_NAMES.map((name) => `source.${name}`);
const FIELDS: readonly string[] = [...SOURCE_PATHS, ...ENVELOPE_NAMES];

type EnvelopeName = (typeof ENVELOPE_NAMES)[number];
const field = (name: EnvelopeName): number => SOURCE_NAMES.length + ENVELOPE_NAMES.indexOf(name);

/** Fields of the source block, by their place among the names. */
export const SOURCE_FIELD = {
  connector: 0,
  snapshot: 1,
  db: 2,
  table: 3,
  ts: 4,
  gtid: 5,
  file: 6,
  pos: 7,
  row: 8,
  serverId: 9,
  schema: 10,
  txId: 11,
  lsn: 12,
  sequence: 13,
  commitLsn: 14,
  changeLsn: 15,
  eventSerialNo: 16,
  scn: 17,
  commitScn: 18,
  rsId: 19,
  ssn: 20,
  redoThread: 21,
  lcrPosition: 22,
  txSeq: 23,
  collection: 24,
  ord: 25,
  lsid: 26,
  txnNumber: 27,
} as const;

export type SourceField = (typeof SOURCE_FIELD)[keyof typeof SOURCE_FIELD];

/** What the field is called in the source block. */
export function sourceName(field: SourceField): string {
  return SOURCE_PATHS[field] ?? "";
}

const BEFORE = field("before");
const AFTER = field("after");
const SOURCE = field("source");
const OP = field("op");
const PROCESSED = field("ts_ms");
const ORDER = field("transaction.total_order");
const UPDATE = field("updateDescription");
const PREFIX = field("message.prefix");
const CONTENT = field("message.content");
const DATABASE = field("databaseName");
const SCHEMA = field("schemaName");
const DDL = field("ddl");
const TABLES = field("tableChanges");
const STATUS = field("status");
const ID = field("id");
const COUNT = field("event_count");
const COLLECTIONS = field("data_collections");

const decoder = new TextDecoder();

/**
 * A Debezium event over its payload, whatever the encoding; JSON with or without Connect's schema envelope by default.
 * Only what is asked for is decoded; `before` and `after` stay bytes, in JSON the raw ones. One view is used for record
 * after record: `read` starts the next. Every method throws a `TandemError` of code RECORD_MALFORMED on bytes that are not
 * what they should be.
 */
export class ChangeEvent {
  readonly #fields: Projection;

  constructor(format: PayloadFormat = jsonFormat) {
    this.#fields = format.project("value", FIELDS);
  }

  /** Fetches what the values of a batch need before they can be read; undefined when nothing is missing. */
  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    return this.#fields.prepare?.(batch, signal);
  }

  read(bytes: Uint8Array): this {
    this.#fields.read(bytes);
    return this;
  }

  /** True when there is a source block: what makes a change event of a payload. */
  get hasSource(): boolean {
    return this.#fields.has(SOURCE);
  }

  /** `c`, `u`, `d`, `r`, `t`, `m`; empty when absent. */
  get op(): string {
    return this.#fields.text(OP) ?? "";
  }

  /** Whether a snapshot read it, and of which kind. */
  get snapshot(): "none" | "initial" | "incremental" {
    const raw = this.#fields.bytes(SOURCE_FIELD.snapshot);
    if (raw === null) return "none";
    // A text (`true`, `first`, `last`, `incremental`, `false`), and in old events a boolean.
    const text = decoder.decode(raw);
    if (text.includes("incremental")) return "incremental";
    return text.includes("false") ? "none" : "initial";
  }

  /** When Debezium processed the change, milliseconds since the epoch; null when absent. */
  get processedMs(): number | null {
    return this.#fields.integer(PROCESSED);
  }

  /** The row before the change; null when absent or null. */
  get before(): Uint8Array | null {
    return this.#fields.bytes(BEFORE);
  }
  get after(): Uint8Array | null {
    return this.#fields.bytes(AFTER);
  }
  /** MongoDB: what an update did to its document. */
  get updateDescription(): Uint8Array | null {
    return this.#fields.bytes(UPDATE);
  }

  /** The change's number within its transaction, as its connector counts; null without transaction metadata. */
  get totalOrder(): number | null {
    return this.#fields.integer(ORDER);
  }

  /** Of a message event (op `m`): what was written to the log, and under which name. */
  get message(): { readonly prefix: Uint8Array | null; readonly content: Uint8Array | null } {
    return { prefix: this.#fields.bytes(PREFIX), content: this.#fields.bytes(CONTENT) };
  }

  /** What a record of the schema-change topic says; null for anything else. */
  get schemaChange(): SchemaChange | null {
    const fields = this.#fields;
    if (!fields.has(DDL) && !fields.has(TABLES)) return null;
    return {
      database: fields.bytes(DATABASE),
      schema: fields.bytes(SCHEMA),
      ddl: fields.bytes(DDL),
      tableChanges: fields.bytes(TABLES),
    };
  }

  /** What a record of the transaction topic says; null for anything else. */
  get transaction(): TransactionEnd | null {
    const fields = this.#fields;
    if (!fields.has(STATUS) || !fields.has(ID)) return null;
    const status = fields.text(STATUS);
    if (status !== "BEGIN" && status !== "END") return null;
    return { status, id: fields.text(ID) ?? "", count: fields.bytes(COUNT), collections: fields.bytes(COLLECTIONS) };
  }

  /** The bytes of a field of the source block, in JSON the raw ones; null when absent or null. */
  sourceRaw(field: SourceField): Uint8Array | null {
    return this.#fields.bytes(field);
  }

  sourceText(field: SourceField): string | null {
    return this.#fields.text(field);
  }

  sourceInteger(field: SourceField): number | null {
    return this.#fields.integer(field);
  }
}

export interface SchemaChange {
  readonly database: Uint8Array | null;
  readonly schema: Uint8Array | null;
  readonly ddl: Uint8Array | null;
  readonly tableChanges: Uint8Array | null;
}

export interface TransactionEnd {
  readonly status: "BEGIN" | "END";
  readonly id: string;
  readonly count: Uint8Array | null;
  readonly collections: Uint8Array | null;
}
