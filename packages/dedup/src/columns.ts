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
  domain = "";
  position: number = Number.NaN;
  timeMs: number = Number.NaN;
  streamed = true;

  constructor(prefix: readonly (string | number)[]) {
    for (const part of prefix)
      if (typeof part === "string") this.identity.text(part);
      else this.identity.number(part);
    this.#prefix = this.identity.length;
  }
  /** Nothing was written: no two records could be told apart. */
  get isEmpty(): boolean {
    return this.identity.length === this.#prefix;
  }
  reset(): void {
    this.identity.reset(this.#prefix);
    this.contents.reset(0);
    this.bucket = -1;
    this.deletes = false;
    this.aligned = true;
    this.source = undefined;
    this.domain = "";
    this.position = Number.NaN;
    this.timeMs = Number.NaN;
    this.streamed = true;
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
const WORDS = DIGEST_BYTES / 4;

/**
 * The keys of one batch as columns, from the identity writer straight into typed arrays: each key once, by its first
 * record. Kept per lane and reused: nothing is allocated once they have grown to the lane's batch size.
 */
export class Columns implements ClaimBatch {
  readonly writer: Writer;
  readonly #hash: HashStrategy;
  length = 0;
  digests: Uint8Array = new Uint8Array(0);
  buckets: Float64Array = new Float64Array(0);
  coordinates: Float64Array = new Float64Array(0);
  fingerprints: Uint32Array = new Uint32Array(0);
  /** Of the record that was added last, whichever entry it goes by. */
  fingerprint = 0;
  /** The digests again, for comparison. */
  #words: Uint32Array = new Uint32Array(0);
  /** Entries by hash, plus one: 0 is free. At least twice as many slots as entries. */
  #slots: Int32Array = new Int32Array(0);

  /** `prefix`: what is part of every key besides the identity. */
  constructor(hash: HashStrategy, prefix: readonly (string | number)[]) {
    this.#hash = hash;
    this.writer = new Writer([...prefix, hash.name]);
  }

  /** Empties the columns and makes room for `capacity` entries. */
  reset(capacity: number): void {
    this.length = 0;
    if (capacity <= this.buckets.length) {
      this.#slots.fill(0);
      return;
    }
    this.digests = new Uint8Array(capacity * DIGEST_BYTES);
    this.buckets = new Float64Array(capacity);
    this.coordinates = new Float64Array(capacity);
    this.fingerprints = new Uint32Array(capacity);
    this.#words = new Uint32Array(this.digests.buffer);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
  }

  /** Hashes what the writer holds; returns the entry that the record goes by: the first of its key, or a new one. */
  add(coordinate: number): number {
    const entry = this.length;
    const at = entry * DIGEST_BYTES;
    const { identity, contents, bucket } = this.writer;
    this.digests.fill(0, at, at + DIGEST_BYTES);
    this.#hash.digest(identity.bytes, identity.length, this.digests, at);
    this.fingerprint = contents.length === 0 ? 0 : this.#hash.fingerprint(contents.bytes, contents.length);
    const prefix = (this.digests[at] ?? 0) | ((this.digests[at + 1] ?? 0) << 8);
    this.buckets[entry] = bucket >= 0 ? bucket : -1 - (prefix % PREFIX_BUCKETS);
    const slot = this.#slot(entry);
    const earlier = (this.#slots[slot] ?? 0) - 1;
    if (earlier >= 0) return earlier;
    this.#slots[slot] = entry + 1;
    this.coordinates[entry] = coordinate;
    this.fingerprints[entry] = this.fingerprint;
    this.length++;
    return entry;
  }

  /** The slot of this entry's key: taken by an earlier entry of the same key, or free. */
  #slot(entry: number): number {
    const mask = this.#slots.length - 1;
    let slot = (this.#words[entry * WORDS + 1] ?? 0) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const other = (this.#slots[slot] ?? 0) - 1;
      if (other < 0 || this.#same(entry, other)) return slot;
    }
  }

  #same(a: number, b: number): boolean {
    if (this.buckets[a] !== this.buckets[b]) return false;
    for (let w = 0; w < WORDS; w++) if (this.#words[a * WORDS + w] !== this.#words[b * WORDS + w]) return false;
    return true;
  }
}
