import type { Batch, Identified, IdentityWriter, PayloadFormat, Projection } from "@tandem-cdc/core";
import { MARIADB_GTID, MYSQL_GTID } from "./binlog/gtid.ts";
import type { ChangeEvent, SchemaChange, TransactionEnd } from "./change-event.ts";
import type { ConnectorLane, Row } from "./connectors/connector.ts";
import { unidentifiable } from "./unidentifiable.ts";

// What Debezium sends beside rows, known by its shape.

/** A logical message (`pg_logical_emit_message`, op `m`): its place in the log, its prefix and its content. */
export function message(event: ChangeEvent, { key, op }: Row, lane: ConnectorLane, into: IdentityWriter): Identified {
  into.text(op, "op");
  into.bytes(key, "key");
  lane.place(event, into);
  const { content, prefix } = event.message;
  into.bytes(prefix, "message.prefix");
  into.bytes(content, "message.content");
  return "change";
}

/**
 * A schema change: its place in the log and what it says. Those that a connector reads in a snapshot have no place that
 * another connector shares: they are known by what they say, and pass as rows of snapshots do.
 */
export function schemaChange(
  event: ChangeEvent,
  { database, ddl, schema, tableChanges }: SchemaChange,
  { key }: Row,
  lane: ConnectorLane,
  into: IdentityWriter,
): Identified {
  into.text("schema change", "kind");
  into.bytes(key, "key");
  into.bytes(database, "databaseName");
  into.bytes(schema, "schemaName");
  into.bytes(ddl, "ddl");
  into.bytes(tableChanges, "tableChanges");
  if (event.snapshot !== "none") return "snapshot";
  lane.place(event, into);
  return "change";
}

const decoder = new TextDecoder();

/**
 * A record of the transaction topic: which transaction begins or ends. How many events an end counts is its fingerprint:
 * copies that differ there show that a connector sent less of the transaction, and diverge.
 */
export function transactionRecord(
  { collections, count, id, status }: TransactionEnd,
  binlog: "one-server" | undefined,
  into: IdentityWriter,
): Identified {
  if (id.startsWith("file=") && binlog !== "one-server")
    throw unidentifiable(
      "the transaction is named by a binlog file: switch GTIDs on, so that it has one name on every replica, or say binlog: one-server where all connectors read one and the same server",
    );
  into.text("transaction", "kind");
  into.text(status, "status");
  into.text(id, "id");
  if (status === "END") {
    into.content(count, "event_count");
    into.content(withoutHash(collections), "data_collections");
  }
  const gtid = MARIADB_GTID.parse(id) ?? MYSQL_GTID.parse(id);
  if (gtid === null) return "change";
  into.domain = gtid.domain;
  into.position = gtid.sequence;
  return "change";
}

const MESSAGES = "LogicalDecodingMessageId@";

/** PostgreSQL: logical messages are counted under a name that holds the hash of a Java object, another on each connector. */
function withoutHash(collections: Uint8Array | null): Uint8Array | null {
  if (collections === null || !decoder.decode(collections).includes(MESSAGES)) return collections;
  return null;
}

const HEARTBEAT_KEY: readonly string[] = ["serverName"];

/** Heartbeats: a time under the connector's name. They say that a connector lives, which no consumer of changes asks. */
export class Heartbeats {
  readonly #key: Projection;

  constructor(format: PayloadFormat) {
    this.#key = format.project("key", HEARTBEAT_KEY);
  }

  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    return this.#key.prepare?.(batch, signal);
  }

  isOne(event: ChangeEvent, key: Uint8Array | null): boolean {
    if (key === null || event.hasSource || event.op !== "" || event.processedMs === null) return false;
    if (event.transaction !== null) return false;
    this.#key.read(key);
    return this.#key.has(0);
  }
}
