import { type ClaimBatch, DIGEST_BYTES, type HashStrategy, type IdentityWriter } from "@tandem-cdc/core";
import { ByteBuffer } from "./byte-buffer.ts";

/** What an identity strategy writes to, for one lane. Reused from record to record. */
class Writer implements IdentityWriter {
  readonly identity: ByteBuffer = new ByteBuffer();
  readonly contents: ByteBuffer = new ByteBuffer();
  readonly #prefix: number;
  bucket = -1;
  deletes = false;
  aligned = true;
  source: string | undefined;

  constructor(prefix: readonly (string | number)[]) {
    for (const part of prefix) if (typeof part === "string") this.identity.text(part);
      else this.identity.number(part);
    this.#prefix = this.identity.length;
  }
  reset(): void {
    this.identity.reset(this.#prefix);
    this.contents.reset(0);
    this.bucket = -1;
    this.deletes = false;
    this.aligned = true;
    this.source = undefined;
  }
  bytes(bytes: Uint8Array | null): void {
    this.identity.field(bytes);
  }
  text(text: string): void {
    this.identity.text(text);
  }
  number(value: number): void {
    this.identity.number(value);
  }
  content(bytes: Uint8Array | null): void {
    this.contents.field(bytes);
  }
}

/** Digest-prefix buckets of identities without locality: small enough that a table is loaded in no time. */
const PREFIX_BUCKETS = 4_096;

/**
 * The keys of one batch as columns, from the identity writer straight into typed arrays: entry e belongs to record
 * `records[e]`. Kept per lane and reused: nothing is allocated once they have grown to the lane's batch size.
 */
export class Columns implements ClaimBatch {
  readonly writer: Writer;
  readonly #hash: HashStrategy;
  length = 0;
  digests: Uint8Array = new Uint8Array(0);
  buckets: Float64Array = new Float64Array(0);
  coordinates: Float64Array = new Float64Array(0);
  fingerprints: Uint32Array = new Uint32Array(0);
  aligned: Uint8Array = new Uint8Array(0);

  /** `prefix`: what is part of every key besides the identity. */
  constructor(hash: HashStrategy, prefix: readonly (string | number)[]) {
    this.#hash = hash;
    this.writer = new Writer([...prefix, hash.name]);
  }

  /** Empties the columns and makes room for `capacity` entries. */
  reset(capacity: number): void {
    this.length = 0;
    if (capacity <= this.buckets.length) return;
    this.digests = new Uint8Array(capacity * DIGEST_BYTES);
    this.buckets = new Float64Array(capacity);
    this.coordinates = new Float64Array(capacity);
    this.fingerprints = new Uint32Array(capacity);
    this.aligned = new Uint8Array(capacity);
  }

  /** Hashes what the writer holds into a new entry; returns its index. */
  add(coordinate: number): number {
    const entry = this.length++;
    const at = entry * DIGEST_BYTES;
    const { identity, contents, bucket, aligned } = this.writer;
    this.digests.fill(0, at, at + DIGEST_BYTES);
    this.#hash.digest(identity.bytes, identity.length, this.digests, at);
    this.fingerprints[entry] = contents.length === 0 ? 0 : this.#hash.fingerprint(contents.bytes, contents.length);
    const prefix = (this.digests[at] ?? 0) | ((this.digests[at + 1] ?? 0) << 8);
    this.buckets[entry] = bucket >= 0 ? bucket : -1 - (prefix % PREFIX_BUCKETS);
    this.coordinates[entry] = coordinate;
    this.aligned[entry] = aligned ? 1 : 0;
    return entry;
  }

  /** Takes the last entry back: its key is in the batch already. */
  pop(): void {
    this.length--;
  }

  /** The entry's key as a string of 24 characters, for the lookup within a batch. */
  key(entry: number): string {
    const at = entry * DIGEST_BYTES;
    return Buffer.from(this.digests.buffer, at, DIGEST_BYTES).toString("latin1") + String(this.buckets[entry]);
  }
}
