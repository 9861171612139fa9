import {
  type Batch,
  type Identified,
  type IdentityStrategy,
  type IdentityWriter,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LaneContext,
  laneId,
  type LaneIdentity,
  lastHeader,
  TandemError,
} from "@tandem-cdc/core";
import { ChangeEvent, SOURCE_FIELD } from "./change-event.ts";
import { MariaDbContent } from "./mariadb-content.ts";
import { gtidOf, positionOf, rowHash, unidentifiable } from "./mariadb-event.ts";
import { MariaDbSources, type SourcesOptions } from "./mariadb-sources.ts";
import { snapshotBucket } from "./snapshot-bucket.ts";
import type { Streamed } from "./source-track.ts";
import { TextCache } from "./text-cache.ts";

export interface DebeziumIdentityOptions {
  /** How a record tells which connector sent it. Without, identity is by content. */
  readonly sources?: SourcesOptions;
  /**
   * GTID sequences that share a bucket of the key store: wide enough for 128 to 1,024 changes of one lane. Default: 256 for
   * each partition of the lane's topic, among which a sequence is spread. Raise it in proportion where many tables share
   * the sequence. Another width is another bucket: the claims that were made before are not found.
   */
  readonly bucketWidth?: number;
}

/** What the strategy knows: later connectors are added here. */
const KNOWN = ["mariadb"];
/** Changes of a lane that a bucket is meant to hold. */
const BUCKET_CHANGES = 256;
const ROW_OPS: ReadonlySet<string> = new Set(["c", "u", "d", "r", "t"]);

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/**
 * The identity of a change as Debezium sends it, by the rule of the event's own connector. MariaDB: exact with known
 * sources; without them exact but for equal changes of one row within one transaction.
 */
export function debeziumIdentity(options: DebeziumIdentityOptions = {}): IdentityStrategy {
  const { bucketWidth } = options;
  if (bucketWidth !== undefined && !(Number.isSafeInteger(bucketWidth) && bucketWidth > 0))
    throw new TypeError(`debeziumIdentity: bucketWidth has to be a positive whole number, not ${bucketWidth}`);
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

class DebeziumLane implements LaneIdentity {
  readonly #options: DebeziumIdentityOptions;
  readonly #context: LaneContext;
  readonly #event = new ChangeEvent();
  readonly #sources: MariaDbSources | null;
  readonly #content: MariaDbContent;
  readonly #names = new TextCache();
  /** The lane holds deletes of a table without a key: their tombstones have neither key nor value. */
  #keylessDeletes: boolean;

  constructor(options: DebeziumIdentityOptions, context: LaneContext, state: JsonObject) {
    const { bucketWidth = BUCKET_CHANGES * context.partitions, sources } = options;
    this.#options = options;
    this.#context = context;
    this.#sources = sources === undefined ? null : new MariaDbSources(context, bucketWidth, sources, state["mariadb"]);
    this.#keylessDeletes = state["keylessDeletes"] === true;
    this.#content = new MariaDbContent(context, bucketWidth);
  }

  async restore(): Promise<void> {
    await this.#sources?.restore((batch, i) => this.#streamed(batch, i));
  }

  identify(batch: Batch, i: number, into: IdentityWriter): Identified {
    const value = batch.value(i);
    const key = batch.key(i);
    if (value === null)
      return key === null && !this.#keylessDeletes ? unidentifiable("neither key nor value") : "tombstone";
    if (value.length === 0) return unidentifiable("the value is empty: a Debezium event is expected");
    try {
      return this.#identify(this.#event.read(value), key, batch, i, into);
    } catch (thrown) {
      // Only what is wrong with this record: what concerns the lane stops it.
      if (thrown instanceof TandemError && thrown.code.startsWith("RECORD_")) return thrown;
      throw thrown;
    }
  }

  state(): JsonValue | undefined {
    if (this.#sources === null && !this.#keylessDeletes) return undefined;
    return {
      ...(this.#sources === null ? {} : { mariadb: this.#sources.state() }),
      ...(this.#keylessDeletes ? { keylessDeletes: true } : {}),
    };
  }

  #identify(event: ChangeEvent, key: Uint8Array | null, batch: Batch, i: number, into: IdentityWriter): Identified {
    const op = ruled(event);
    if (key === null && op !== "t" && this.#context.partitions > 1)
      throw new TandemError(
        "LANE_NULL_KEY",
        `record ${laneId(batch.lane)}@${batch.offset(i)} has no key, and its topic has ${this.#context.partitions} partitions: the copies of a change without a key land in different partitions. ` +
          "Give the topic one partition, or the table a key (message.key.columns on the connectors).",
      );
    const source = this.#sourceOf(batch, i);
    into.source = source;
    into.deletes = op === "d";
    if (into.deletes && key === null) this.#keylessDeletes = true;
    into.text(op);
    into.bytes(event.sourceRaw(SOURCE_FIELD.db));
    into.bytes(event.sourceRaw(SOURCE_FIELD.table));
    into.bytes(key);
    if (op === "r") return snapshotRow(event, key, this.#context.partitions, into);
    const named = gtidOf(event);
    const { gtid } = named;
    into.number(gtid.domain);
    into.number(gtid.server);
    into.number(gtid.sequence);
    if (this.#sources === null || source === undefined) return this.#content.identify(event, named, op, key, into);
    return this.#sources.identify(event, named, op, key, batch.offset(i), source, into);
  }

  #sourceOf(batch: Batch, i: number): string | undefined {
    const { sources } = this.#options;
    if (sources === undefined) return undefined;
    const value = lastHeader(batch, i, sources.header);
    if (value === undefined || value === null || value.length === 0)
      throw unidentifiable(
        `header "${sources.header}" is missing, which names the connector: add a static InsertHeader to each connector, or leave dedup.sources out`,
      );
    const source = this.#names.text(value, 0, value.length, utf8);
    if (sources.names !== undefined && !sources.names.includes(source))
      throw unidentifiable(
        `source "${source.slice(0, 60)}" is not one of ${sources.names.join(", ")}: add it to dedup.sources.names`,
      );
    return source;
  }

  /** A streamed change, for counting again; null for anything else, also for what was rejected when it came. */
  #streamed(batch: Batch, i: number): Streamed | null {
    const value = batch.value(i);
    if (value === null || value.length === 0) return null;
    try {
      const event = this.#event.read(value);
      const op = ruled(event);
      const source = this.#sourceOf(batch, i);
      if (op === "r" || source === undefined) return null;
      const row = rowHash(event, op, batch.key(i));
      return { source, gtid: gtidOf(event).name, position: positionOf(event, op), row };
    } catch (thrown) {
      if (thrown instanceof TandemError && thrown.code.startsWith("RECORD_")) return null;
      throw thrown;
    }
  }
}

/** The operation of a row event of a connector that has a rule; throws RECORD_UNIDENTIFIABLE for anything else. */
function ruled(event: ChangeEvent): string {
  const connector = event.sourceText(SOURCE_FIELD.connector);
  if (connector === null)
    throw unidentifiable(
      "there is no source block: not a Debezium row event (transaction, heartbeat and schema-change topics do not belong into input.topics)",
    );
  if (!KNOWN.includes(connector))
    throw unidentifiable(`connector "${connector.slice(0, 60)}" is not yet supported (known: ${KNOWN.join(", ")})`);
  const { op } = event;
  if (!ROW_OPS.has(op))
    throw unidentifiable(
      op === "" ? "there is no op: not a row event" : `op "${op.slice(0, 20)}" has no identity rule`,
    );
  return op;
}

/** A row of a snapshot: table, key and content. Nothing else of it is equal on two connectors. */
function snapshotRow(event: ChangeEvent, key: Uint8Array | null, partitions: number, into: IdentityWriter): Identified {
  into.bucket = snapshotBucket(key, event.sourceRaw(SOURCE_FIELD.table), partitions);
  into.bytes(event.after);
  into.content(event.after);
  if (event.sourceText(SOURCE_FIELD.snapshot) !== "incremental") return "snapshot";
  // It runs beside the stream and passes at any time, known by its position too: the claim of an initial snapshot's
  // row that was dropped as late must not hold it back.
  into.streamed = false;
  into.bytes(event.sourceRaw(SOURCE_FIELD.gtid));
  return "change";
}
