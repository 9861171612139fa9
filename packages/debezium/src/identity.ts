import {
  type Batch,
  type Identified,
  type IdentityStrategy,
  type IdentityWriter,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LaneContext,
  type LaneIdentity,
  type PayloadFormat,
} from "@tandem-cdc/core";
import { ChangeEvent, SOURCE_FIELD, sourceName } from "./change-event.ts";
import type { Connector, ConnectorLane, Row } from "./connectors/connector.ts";
import { EqualChanges } from "./connectors/equal-changes.ts";
import { CONNECTOR_NAMES, type ConnectorName, CONNECTORS, isConnectorName } from "./connectors/known.ts";
import { jsonFormat } from "./json-format.ts";
import { hashBytes } from "./occurrences.ts";
import { Heartbeats, message, schemaChange, transactionRecord } from "./other-records.ts";
import { RecordKey, refuseNullKey, together } from "./record-key.ts";
import { snapshotBucket } from "./snapshot-bucket.ts";
import { SourceNames, type SourcesOptions } from "./sources.ts";
import { rejectionOf, unidentifiable } from "./unidentifiable.ts";

export interface DebeziumIdentityOptions {
  /** How a record tells which connector sent it. Without, identity is by what the connectors' events hold alone. */
  readonly sources?: SourcesOptions;
  /** How payloads are encoded. Default: JSON. */
  readonly format?: PayloadFormat;
  /** Admits the events of one connector only. Default: each event is identified by the rule of its own. */
  readonly connector?: ConnectorName;
  /** MySQL without GTIDs: all connectors read the binlog of one and the same server. */
  readonly binlog?: "one-server";
  /**
   * How long claims are kept. A transaction that a source has left unfinished for longer has lost the claims of its
   * beginning: what follows of it is then compared by content.
   */
  readonly horizonMs?: number;
  /**
   * GTID sequences that share a bucket of the key store: wide enough for 128 to 1,024 changes of one lane. Default: 256 for
   * each partition of the lane's topic, among which a sequence is spread. Raise it in proportion where many tables share
   * the sequence. Another width is another bucket: the claims that were made before are not found.
   */
  readonly bucketWidth?: number;
}

const ROW_OPS: ReadonlySet<string> = new Set(["c", "u", "d", "r", "t"]);

/**
 * The identity of what Debezium sends, by the rule of the event's own connector: rows, and the records of its transaction,
 * schema-change, message and heartbeat topics. What has to be true for two connectors stands beside each rule, in
 * `connectors/`.
 */
export function debeziumIdentity(options: DebeziumIdentityOptions = {}): IdentityStrategy {
  const { bucketWidth, horizonMs } = options;
  if (bucketWidth !== undefined && !(Number.isSafeInteger(bucketWidth) && bucketWidth > 0))
    throw new TypeError(`debeziumIdentity: bucketWidth has to be a positive whole number, not ${bucketWidth}`);
  if (horizonMs !== undefined && !(horizonMs > 0))
    throw new TypeError(`debeziumIdentity: horizonMs has to be positive, not ${horizonMs}`);
  return {
    name: options.sources === undefined ? "debezium" : "debezium-sources",
    version: 1,
    async openLane(context, state) {
      const lane = new DebeziumLane(options, context, isJsonObject(state) ? state : {});
      await lane.restore();
      return lane;
    },
  };
}

/** A connector's rule, and what it remembers of the lane. */
interface Ruled {
  readonly connector: Connector;
  readonly lane: ConnectorLane;
}

class DebeziumLane implements LaneIdentity {
  readonly #options: DebeziumIdentityOptions;
  readonly #context: LaneContext;
  readonly #event: ChangeEvent;
  readonly #key: RecordKey;
  readonly #heartbeats: Heartbeats;
  readonly #sources: SourceNames;
  readonly #lanes = new Map<ConnectorName, ConnectorLane>();
  readonly #isJson: boolean;
  readonly #equalRows: EqualChanges;
  /** Of the record before: neighbours share their connector. */
  #current: Ruled | undefined;
  /** The lane holds deletes of a table without a key: their tombstones have neither key nor value. */
  #keylessDeletes: boolean;

  constructor(options: DebeziumIdentityOptions, context: LaneContext, state: JsonObject) {
    const { format = jsonFormat, sources } = options;
    this.#options = options;
    this.#context = context;
    this.#event = new ChangeEvent(format);
    this.#key = new RecordKey(format);
    this.#heartbeats = new Heartbeats(format);
    this.#sources = new SourceNames(context, sources, state["sources"]);
    this.#isJson = format === jsonFormat;
    this.#equalRows = new EqualChanges(context);
    this.#keylessDeletes = state["keylessDeletes"] === true;
    for (const name of CONNECTOR_NAMES) if (state[name] !== undefined) this.#openLane(name, state[name]);
  }

  async restore(): Promise<void> {
    for (const [name, lane] of this.#lanes)
      await lane.restore?.({
        prepare: (batch, signal) => this.prepare(batch, signal),
        read: (batch, i) => this.#readAgain(name, batch, i),
      });
  }

  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    return together(
      this.#event.prepare(batch, signal),
      this.#key.prepare(batch, signal),
      this.#heartbeats.prepare(batch, signal),
    );
  }

  identify(batch: Batch, i: number, into: IdentityWriter): Identified {
    const value = batch.value(i);
    if (value === null)
      return batch.key(i) === null && !this.#keylessDeletes ? unidentifiable("neither key nor value") : "tombstone";
    if (value.length === 0) return unidentifiable("the value is empty: a Debezium event is expected");
    try {
      return this.#identify(this.#event.read(value), batch, i, into);
    } catch (thrown) {
      return rejectionOf(thrown);
    }
  }

  state(): JsonValue | undefined {
    const state: Record<string, JsonValue> = {};
    for (const [name, lane] of this.#lanes) {
      const own = lane.state?.();
      if (own !== undefined) state[name] = own;
    }
    if (this.#keylessDeletes) state["keylessDeletes"] = true;
    const sources = this.#sources.state();
    if (sources !== undefined) state["sources"] = sources;
    return Object.keys(state).length === 0 ? undefined : state;
  }

  #identify(event: ChangeEvent, batch: Batch, i: number, into: IdentityWriter): Identified {
    const name = event.sourceText(SOURCE_FIELD.connector);
    if (name === null) return this.#withoutSource(event, batch, i, into);
    if (name !== this.#current?.connector.name) this.#current = this.#admitted(name);
    const { connector, lane } = this.#current;
    const { op } = event;
    const change = op === "" ? event.schemaChange : null;
    if (!ROW_OPS.has(op) && op !== "m" && change === null)
      throw unidentifiable(
        op === "" ? "there is no op: not a row event" : `op "${op.slice(0, 20)}" has no identity rule`,
      );
    if (op !== "t") refuseNullKey(this.#context, batch, i);
    const row = this.#row(op, batch, i);
    into.source = row.source;
    into.timeMs = event.sourceInteger(SOURCE_FIELD.ts) ?? Number.NaN;
    if (ROW_OPS.has(op)) return this.#rowEvent(event, connector, lane, row, into);
    if (connector !== CONNECTORS.mariadb) into.text(connector.name, "source.connector");
    return change === null ? message(event, row, lane, into) : schemaChange(event, change, row, lane, into);
  }

  #rowEvent(event: ChangeEvent, connector: Connector, lane: ConnectorLane, row: Row, into: IdentityWriter): Identified {
    const { key, op } = row;
    into.deletes = op === "d";
    if (into.deletes && key === null) this.#keylessDeletes = true;
    // MariaDB's keys are as old as the project: nothing stands before them.
    if (connector !== CONNECTORS.mariadb) into.text(connector.name, "source.connector");
    into.text(op, "op");
    for (const field of connector.names) into.bytes(event.sourceRaw(field), sourceName(field));
    into.bytes(key, "key");
    return op === "r" ? this.#snapshotRow(event, connector, lane, row, into) : lane.change(event, row, into);
  }

  /** A row of a snapshot: table, key and content. Nothing else of it is equal on two connectors. */
  #snapshotRow(
    event: ChangeEvent,
    connector: Connector,
    lane: ConnectorLane,
    { key, source }: Row,
    into: IdentityWriter,
  ): Identified {
    const table = connector.names.at(-1);
    if (this.#isJson && table !== undefined)
      into.bucket = snapshotBucket(key, event.sourceRaw(table), this.#context.partitions);
    into.bytes(event.after, "after");
    into.content(event.after, "after");
    if (event.snapshot !== "incremental") {
      // Equal rows of a table without a key are one: what comes out of a snapshot says at least which rows there are.
      if (key === null) this.#equalRows.see("snapshot", source, hashBytes(0, event.after));
      return "snapshot";
    }
    // It runs beside the stream and passes at any time, known by its position too: the claim of an initial snapshot's
    // row that was dropped as late must not hold it back.
    into.streamed = false;
    if (connector !== CONNECTORS.mariadb) into.text("incremental", "source.snapshot");
    lane.snapshotPlace(event, into);
    return "change";
  }

  #withoutSource(event: ChangeEvent, batch: Batch, i: number, into: IdentityWriter): Identified {
    if (this.#heartbeats.isOne(event, batch.key(i))) return "ignored";
    const { transaction } = event;
    if (transaction === null)
      throw unidentifiable(
        "there is no source block, and it is no record of a transaction or heartbeat topic: not a Debezium event. Give its topic a rule of its own in dedup.identity, or leave it out of input.topics",
      );
    refuseNullKey(this.#context, batch, i);
    into.source = this.#sources.of(batch, i);
    return transactionRecord(transaction, this.#options.binlog, into);
  }

  #row(op: string, batch: Batch, i: number): Row {
    return { op, key: this.#key.of(batch.key(i)), source: this.#sources.of(batch, i), offset: batch.offset(i) };
  }

  /** The connector of an event, if it has a rule that is in force here. */
  #admitted(name: string): Ruled {
    if (!isConnectorName(name))
      throw unidentifiable(
        `connector "${name.slice(0, 60)}" is not yet supported (known: ${CONNECTOR_NAMES.join(", ")}): identify its topics by use: fields or use: content, or by a function of your own`,
      );
    const { connector } = this.#options;
    if (connector !== undefined && connector !== name)
      throw unidentifiable(
        `the event is of connector "${name}", and the rule admits ${connector} only: use: debezium goes by the event's own connector`,
      );
    return { connector: CONNECTORS[name], lane: this.#lanes.get(name) ?? this.#openLane(name) };
  }

  #openLane(name: ConnectorName, state?: JsonValue): ConnectorLane {
    const { binlog, bucketWidth, horizonMs, sources } = this.#options;
    const lane = CONNECTORS[name].openLane(this.#context, { binlog, bucketWidth, horizonMs, sources }, state);
    this.#lanes.set(name, lane);
    return lane;
  }

  /** A streamed change, for counting again; null for anything else. */
  #readAgain(name: ConnectorName, batch: Batch, i: number): { readonly event: ChangeEvent; readonly row: Row } | null {
    const value = batch.value(i);
    if (value === null || value.length === 0) return null;
    const event = this.#event.read(value);
    const { op } = event;
    if (event.sourceText(SOURCE_FIELD.connector) !== name || !ROW_OPS.has(op) || op === "r") return null;
    return { event, row: this.#row(op, batch, i) };
  }
}
