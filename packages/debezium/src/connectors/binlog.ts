import type { Batch, Identified, IdentityWriter, JsonValue, LaneContext } from "@tandem-cdc/core";
import { contentHash, type GtidReader, type NamedGtid, positionOf, rowHash } from "../binlog/event.ts";
import { BinlogContent } from "../binlog/content.ts";
import type { GtidDialect } from "../binlog/gtid.ts";
import { BinlogSources } from "../binlog/sources.ts";
import type { Streamed } from "../binlog/source-track.ts";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { rejectionOf } from "../unidentifiable.ts";
import type { ConnectorLane, ConnectorOptions, Reread, Row } from "./connector.ts";

/** Changes of a lane that a bucket is meant to hold. */
const BUCKET_CHANGES = 256;

export interface GtidLaneOptions extends ConnectorOptions {
  readonly dialect: GtidDialect;
  readonly gtids: GtidReader;
  /** Whether the rows of a transaction may share one position. */
  readonly payloads: boolean;
  /** The GTID of an event; throws where it has none. */
  gtidOf(event: ChangeEvent): NamedGtid;
}

/** Changes that a GTID names: exact with known sources; without, by content within the transaction. */
export class GtidLane implements ConnectorLane {
  readonly #options: GtidLaneOptions;
  readonly #sources: BinlogSources | null;
  readonly #content: BinlogContent;

  constructor(context: LaneContext, options: GtidLaneOptions, state: JsonValue | undefined) {
    const { bucketWidth = BUCKET_CHANGES * context.partitions, horizonMs, payloads, sources } = options;
    this.#options = options;
    this.#sources =
      sources === undefined
        ? null
        : new BinlogSources(context, { bucketWidth, horizonMs, payloads, repointed: sources.repointed }, state);
    this.#content = new BinlogContent(context, bucketWidth);
  }

  async restore(reread: Reread): Promise<void> {
    await this.#sources?.restore({
      prepare: (batch, signal) => reread.prepare(batch, signal),
      streamed: (batch, i) => this.#streamed(reread, batch, i),
    });
  }

  change(event: ChangeEvent, row: Row, into: IdentityWriter): Identified {
    const named = this.#named(event, into);
    if (this.#sources === null || row.source === undefined) return this.#content.identify(event, named, row, into);
    return this.#sources.identify(event, named, row, row.source, into);
  }

  place(event: ChangeEvent, into: IdentityWriter): void {
    this.#named(event, into);
  }

  snapshotPlace(event: ChangeEvent, into: IdentityWriter): void {
    into.bytes(event.sourceRaw(SOURCE_FIELD.gtid), "source.gtid");
  }

  state(): JsonValue | undefined {
    return this.#sources?.state();
  }

  #named(event: ChangeEvent, into: IdentityWriter): NamedGtid {
    const named = this.#options.gtidOf(event);
    this.#options.dialect.write(named.gtid, into);
    into.domain = named.gtid.domain;
    into.position = named.gtid.sequence;
    return named;
  }

  /** Null also for what was rejected when it came. */
  #streamed(reread: Reread, batch: Batch, i: number): Streamed | null {
    try {
      const read = reread.read(batch, i);
      return read === null ? null : this.#counted(read.event, read.row);
    } catch (thrown) {
      rejectionOf(thrown);
      return null;
    }
  }

  #counted(event: ChangeEvent, { key, op, source }: Row): Streamed | null {
    const named = this.#options.gtids.read(event);
    if (named === null || source === undefined) return null;
    return {
      source,
      gtid: named.name,
      position: positionOf(event, op),
      row: rowHash(event, op, key),
      content: this.#options.payloads ? contentHash(event, op, key) : undefined,
    };
  }
}
