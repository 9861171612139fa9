import type { Batch, Identified, IdentityWriter, JsonValue, LaneContext } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD, type SourceField, sourceName } from "../change-event.ts";
import type { SourcesOptions } from "../sources.ts";
import { unidentifiable } from "../unidentifiable.ts";

export interface ConnectorOptions {
  readonly sources: SourcesOptions | undefined;
  readonly bucketWidth: number | undefined;
  readonly binlog: "one-server" | undefined;
  readonly horizonMs: number | undefined;
}

/** What is known of a record beside its value. */
export interface Row {
  readonly op: string;
  readonly key: Uint8Array | null;
  readonly source: string | undefined;
  readonly offset: number;
}

/**
 * Decodes a record of the lane; null for what is no streamed change of this connector. Throws what rejected the record when
 * it came.
 */
export interface Reread {
  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined;
  read(batch: Batch, i: number): { readonly event: ChangeEvent; readonly row: Row } | null;
}

/**
 * What tells the changes of one kind of database apart. Connector, op, names and key are written before; methods throw
 * RECORD_UNIDENTIFIABLE where a field that they need is missing, and never take another in its place.
 */
export interface ConnectorLane {
  /** Appends what identifies a streamed row change, and says where it stands (`domain`, `position`, `bucket`). */
  change(event: ChangeEvent, row: Row, into: IdentityWriter): Identified;
  /** Appends where in the log something else stands: a schema change, a message. Says it too. */
  place(event: ChangeEvent, into: IdentityWriter): void;
  /** Appends where the stream was when a row of an incremental snapshot was read; nothing where that is not told. */
  snapshotPlace(event: ChangeEvent, into: IdentityWriter): void;
  restore?(reread: Reread): Promise<void>;
  state?(): JsonValue | undefined;
}

export interface Connector {
  /** As `source.connector` has it. */
  readonly name: string;
  /** Fields of the source block that name where the row is. */
  readonly names: readonly SourceField[];
  openLane(context: LaneContext, options: ConnectorOptions, state: JsonValue | undefined): ConnectorLane;
}

/** Appends a field of the source block that has to be there. */
export function need(event: ChangeEvent, field: SourceField, into: IdentityWriter, advice: string): void {
  const bytes = event.sourceRaw(field);
  if (bytes === null) throw unidentifiable(`a streamed change without ${sourceName(field)}: ${advice}`);
  into.bytes(bytes, sourceName(field));
}

/** Appends a field of the source block that may be missing. */
export function may(event: ChangeEvent, field: SourceField, into: IdentityWriter): void {
  into.bytes(event.sourceRaw(field), sourceName(field));
}

/** The row's content is what copies are compared by. */
export function rowContent(event: ChangeEvent, into: IdentityWriter): void {
  into.content(event.before, "before");
  into.content(event.after, "after");
}

/** The row's content is part of what tells it apart. */
export function rowIdentity(event: ChangeEvent, into: IdentityWriter): void {
  into.bytes(event.before, "before");
  into.bytes(event.after, "after");
}

/** Buckets of snapshots lie above. */
const MOST = 2 ** 52;

/** A bucket by place in the log; the digest's prefix decides where that is too large or no number. */
export function bucketOf(place: number, width: number): number {
  const bucket = Math.floor(place / width);
  return bucket >= 0 && bucket < MOST ? bucket : -1;
}

export const TABLE: readonly SourceField[] = [SOURCE_FIELD.db, SOURCE_FIELD.table];
export const SCHEMA_TABLE: readonly SourceField[] = [SOURCE_FIELD.db, SOURCE_FIELD.schema, SOURCE_FIELD.table];
