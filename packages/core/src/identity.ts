import type { Batch } from "./batch.ts";
import type { JsonValue } from "./json.ts";
import type { LaneContext } from "./transform.ts";

/** Where a strategy writes what it found out about one record. Reset by the caller before each record. */
export interface IdentityWriter {
  /**
   * Appends to the identity: the bytes that are equal for two records exactly when they are copies of one change.
   * Length-prefixed, so that fields cannot run into each other. `name` says which field it is where somebody asks for an
   * explanation; it is no part of the identity.
   */
  bytes(bytes: Uint8Array | null, name?: string): void;
  text(text: string, name?: string): void;
  /** Any finite number. */
  number(value: number, name?: string): void;
  /** Appends to the content behind the fingerprint (copies of one change that differ in it have diverged). */
  content(bytes: Uint8Array | null, name?: string): void;
  /** Neighbours in the log share a bucket. A safe integer >= 0; left alone, the digest's prefix decides. Only bytes of the identity may decide it. */
  bucket: number;
  /** The change deletes its row: a tombstone follows it in the output. */
  deletes: boolean;
  /**
   * False when the beginning of the record's transaction is unseen, so that equal identities do not prove copies:
   * only an equal fingerprint then makes a duplicate, and other records are emitted and counted as possible duplicates.
   */
  aligned: boolean;
  /** The source (connector) that sent the record, where sources are known. */
  source: string | undefined;
  /**
   * Place of a streamed change in the order that all sources share: `position` within `domain` (a GTID's sequence in its
   * domain, a log position). It tells what is late. NaN: unknown, and `timeMs` is asked. Above 2^53 it may be rounded.
   */
  domain: string;
  position: number;
  /**
   * False for a change that says nothing about how far the stream is: a row that an incremental snapshot reads beside it.
   */
  streamed: boolean;
  /** When the database made the change, milliseconds since the epoch. NaN: unknown. */
  timeMs: number;
}

/**
 * What a record is:
 * - `change`: a streamed change; its identity has been written.
 * - `snapshot`: a row of a snapshot; its identity has been written.
 * - `redelivery`: its own source has sent it before on this lane; it is a duplicate without a question to the store.
 * - `tombstone`: the null value after a delete, without an identity of its own.
 * - `pass`: goes on as it is, without a claim: every copy of it.
 * - `ignored`: dropped without a claim (a heartbeat).
 * - an `Error`: it cannot be identified and is rejected with this cause. A strategy never falls back silently.
 */
export type Identified = "change" | "snapshot" | "redelivery" | "tombstone" | "pass" | "ignored" | Error;

/** The identification of one lane's records, between assignment (or rewind) and revocation (or rewind). */
export interface LaneIdentity {
  /**
   * Fetches what the records of a batch need before they can be identified (the schemas that they name). Called before the
   * first `identify` of the batch. Rejects with a retriable error while that cannot be had.
   */
  prepare?(batch: Batch, signal: AbortSignal): Promise<void> | undefined;
  /**
   * Identifies record i. Called once for every record of the lane, in order. To throw a `TandemError` stops the lane
   * (a re-pointed source, null keys on a topic of several partitions).
   */
  identify(batch: Batch, i: number, into: IdentityWriter): Identified;
  /** What has to be remembered after the last record identified; undefined when nothing. Plain JSON, a new value each time. */
  state(): JsonValue | undefined;
}

/** Computes identities. `name` and `version` are part of every key: a change of either starts new claims. */
export interface IdentityStrategy {
  readonly name: string;
  readonly version: number;
  /** The strategy that is in force for a topic, where it differs from topic to topic; its name and version count then. */
  forTopic?(topic: string): IdentityStrategy;
  /** `state` is what `LaneIdentity.state` returned when the records before `context.startOffset` committed. */
  openLane(context: LaneContext, state: JsonValue | undefined): LaneIdentity | Promise<LaneIdentity>;
}
