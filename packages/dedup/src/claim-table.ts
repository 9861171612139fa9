import { DIGEST_BYTES } from "@tandem-cdc/core";

const WORDS = DIGEST_BYTES / 4;
const FIRST_CAPACITY = 16;

/**
 * The claims of one bucket: open addressing over typed arrays, the digest's second word as the hash (its first bytes may
 * have chosen the bucket, so they are much alike here). 32 bytes a slot, 40 to 80 percent of them taken: 40 to 80 bytes a
 * claim, and about 900 for the table itself. Buckets are small, so growing one never stalls.
 */
export class ClaimTable {
  size = 0;
  /** When it was last written to, and how old its oldest claim may be; milliseconds since the epoch. */
  touched: number;
  oldest: number;
  #capacity = FIRST_CAPACITY;
  #digests: Uint32Array = new Uint32Array(FIRST_CAPACITY * WORDS);
  /** The owner; NaN marks a free slot. */
  #coordinates: Float64Array = new Float64Array(FIRST_CAPACITY).fill(Number.NaN);
  #fingerprints: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** Seconds after `#epoch` at which the claim was made, rounded up: none is forgotten early. */
  #times: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  readonly #epoch: number;

  constructor(now: number) {
    this.touched = now;
    this.oldest = now;
    this.#epoch = now;
  }

  /** Put-if-absent, the smaller coordinate wins; returns the entry that answers. It is valid until the next claim. */
  claim(digests: Uint8Array, at: number, coordinate: number, fingerprint: number, now: number): number {
    if ((this.size + 1) * 5 > this.#capacity * 4) this.#rebuild(this.#capacity * 2, -Infinity);
    const w0 = word(digests, at);
    const w1 = word(digests, at + 4);
    const w2 = word(digests, at + 8);
    const w3 = word(digests, at + 12);
    const mask = this.#capacity - 1;
    let slot = w1 & mask;
    for (; !this.#free(slot); slot = (slot + 1) & mask) {
      if (!this.#holds(slot * WORDS, w0, w1, w2, w3)) continue;
      if (coordinate < (this.#coordinates[slot] ?? 0)) this.#write(slot, coordinate, fingerprint, now);
      return slot;
    }
    const d = slot * WORDS;
    this.#digests[d] = w0;
    this.#digests[d + 1] = w1;
    this.#digests[d + 2] = w2;
    this.#digests[d + 3] = w3;
    this.#write(slot, coordinate, fingerprint, now);
    this.size++;
    return slot;
  }

  /** What the slots take, free ones included. */
  get bytes(): number {
    return (
      this.#digests.byteLength + this.#coordinates.byteLength + this.#fingerprints.byteLength + this.#times.byteLength
    );
  }

  coordinate(entry: number): number {
    return this.#coordinates[entry] ?? Number.NaN;
  }
  fingerprint(entry: number): number {
    return this.#fingerprints[entry] ?? 0;
  }

  /** Forgets claims made before `before`; returns how many. */
  expire(before: number): number {
    const had = this.size;
    this.#rebuild(this.#capacity, (before - this.#epoch) / 1_000);
    this.oldest = Math.max(this.oldest, before);
    return had - this.size;
  }

  #write(slot: number, coordinate: number, fingerprint: number, now: number): void {
    this.#coordinates[slot] = coordinate;
    this.#fingerprints[slot] = fingerprint;
    this.#times[slot] = Math.max(0, Math.ceil((now - this.#epoch) / 1_000));
    this.touched = now;
  }

  #holds(d: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const mine = this.#digests;
    return mine[d] === w0 && mine[d + 1] === w1 && mine[d + 2] === w2 && mine[d + 3] === w3;
  }

  #free(slot: number): boolean {
    return Number.isNaN(this.#coordinates[slot]);
  }

  #rebuild(capacity: number, since: number): void {
    const digests = this.#digests;
    const coordinates = this.#coordinates;
    const fingerprints = this.#fingerprints;
    const times = this.#times;
    this.#capacity = capacity;
    this.#digests = new Uint32Array(capacity * WORDS);
    this.#coordinates = new Float64Array(capacity).fill(Number.NaN);
    this.#fingerprints = new Uint32Array(capacity);
    this.#times = new Uint32Array(capacity);
    this.size = 0;
    for (let old = 0; old < coordinates.length; old++) {
      if (Number.isNaN(coordinates[old]) || (times[old] ?? 0) < since) continue;
      let slot = (digests[old * WORDS + 1] ?? 0) & (capacity - 1);
      while (!this.#free(slot)) slot = (slot + 1) & (capacity - 1);
      this.#digests.set(digests.subarray(old * WORDS, old * WORDS + WORDS), slot * WORDS);
      this.#coordinates[slot] = coordinates[old] ?? 0;
      this.#fingerprints[slot] = fingerprints[old] ?? 0;
      this.#times[slot] = times[old] ?? 0;
      this.size++;
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}
