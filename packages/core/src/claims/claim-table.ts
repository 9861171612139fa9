/** Bytes of a digest that a claim keeps. With the bucket, which comes of other bits, that is more than 96 bits a key. */
export const KEPT_DIGEST_BYTES = 12;

/** A power of two of keys, which is what a bucket is as wide as, fills a table to its limit of four fifths. */
const FIRST_CAPACITY = 20;
/** Words of a slot besides its owner: the digest's three, the fingerprint, and the time. */
const WORDS = 5;
const FINGERPRINT = 3;
/** In seconds after `#epoch`: when the claim was made. */
const TIME = 4;
const SLOT_BYTES = 8 + 4 * WORDS;

/**
 * The claims of one bucket: open addressing in one piece of memory, the digest's second word as the hash (its first bytes
 * may have chosen the bucket, so they are much alike here). 28 bytes a slot, 40 to 80 percent of them taken: 35 to 70
 * bytes a claim, and some hundreds for the table itself. Buckets are small, so growing one never stalls.
 */
export class ClaimTable {
  size = 0;
  /** True when the last `claim` wrote: the key was free, or its owner was larger. */
  won = false;
  /** Whether its claims count as held in memory; of the `LaneTables` that it is in. */
  held = false;
  /** When it was last written to, and how old its oldest claim may be; milliseconds since the epoch. */
  touched: number;
  oldest: number;
  #capacity = 0;
  /** The owner of each slot; NaN marks a free one. */
  #coordinates: Float64Array = new Float64Array(0);
  #words: Uint32Array = new Uint32Array(0);
  readonly #epoch: number;

  constructor(now: number) {
    this.touched = now;
    this.oldest = now;
    this.#epoch = now;
    this.#rebuild(FIRST_CAPACITY, -Infinity);
  }

  /** Put-if-absent, the smaller coordinate wins; returns the entry that answers. It is valid until the next claim. */
  claim(digests: Uint8Array, at: number, coordinate: number, fingerprint: number, now: number): number {
    const w0 = word(digests, at);
    const w1 = word(digests, at + 4);
    const w2 = word(digests, at + 8);
    const words = this.#words;
    let slot = this.#home(w1);
    for (; !this.#free(slot); slot = this.#next(slot)) {
      const w = slot * WORDS;
      if (words[w + 1] !== w1 || words[w] !== w0 || words[w + 2] !== w2) continue;
      this.won = coordinate < (this.#coordinates[slot] ?? 0);
      if (this.won) this.#write(slot, coordinate, fingerprint, now);
      return slot;
    }
    // Only now: a claim that is in here already makes no table grow.
    if ((this.size + 1) * 5 > this.#capacity * 4) {
      this.#rebuild(this.#capacity * 2, -Infinity);
      return this.claim(digests, at, coordinate, fingerprint, now);
    }
    const w = slot * WORDS;
    words[w] = w0;
    words[w + 1] = w1;
    words[w + 2] = w2;
    this.#write(slot, coordinate, fingerprint, now);
    this.size++;
    this.won = true;
    return slot;
  }

  /** The entry of a key, or -1: without a claim. */
  find(digests: Uint8Array, at: number): number {
    const [w0, w1, w2] = [word(digests, at), word(digests, at + 4), word(digests, at + 8)];
    const words = this.#words;
    for (let slot = this.#home(w1); !this.#free(slot); slot = this.#next(slot)) {
      const w = slot * WORDS;
      if (words[w] === w0 && words[w + 1] === w1 && words[w + 2] === w2) return slot;
    }
    return -1;
  }

  /** Memory of its slots. */
  get bytes(): number {
    return this.#capacity * SLOT_BYTES;
  }

  coordinate(entry: number): number {
    return this.#coordinates[entry] ?? Number.NaN;
  }
  fingerprint(entry: number): number {
    return this.#words[entry * WORDS + FINGERPRINT] ?? 0;
  }
  /** When the claim was made; a whole number of seconds after the table, rounded up. */
  time(entry: number): number {
    return this.#epoch + (this.#words[entry * WORDS + TIME] ?? 0) * 1_000;
  }
  /** Puts what is kept of the digest at the beginning of `into`. */
  digest(entry: number, into: Uint8Array): void {
    for (let i = 0; i < KEPT_DIGEST_BYTES; i++)
      into[i] = (this.#words[entry * WORDS + (i >>> 2)] ?? 0) >>> (8 * (i & 3));
  }
  /** All entries, in no order. They are valid until the next claim. */
  entries(): Uint32Array {
    const entries = new Uint32Array(this.size);
    let length = 0;
    for (let slot = 0; slot < this.#capacity; slot++) if (!this.#free(slot)) entries[length++] = slot;
    return entries;
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
    this.#words[slot * WORDS + FINGERPRINT] = fingerprint;
    this.#words[slot * WORDS + TIME] = Math.max(0, Math.ceil((now - this.#epoch) / 1_000));
    // A claim that is made again as an old one does not make the others older.
    this.touched = Math.max(this.touched, now);
  }

  /** Where the search for a key begins. */
  #home(hash: number): number {
    return Math.floor(hash * (this.#capacity / 2 ** 32));
  }

  #next(slot: number): number {
    return slot + 1 === this.#capacity ? 0 : slot + 1;
  }

  #free(slot: number): boolean {
    return Number.isNaN(this.#coordinates[slot]);
  }

  #rebuild(capacity: number, since: number): void {
    const coordinates = this.#coordinates;
    const words = this.#words;
    const memory = new ArrayBuffer(capacity * SLOT_BYTES);
    this.#capacity = capacity;
    this.#coordinates = new Float64Array(memory, 0, capacity).fill(Number.NaN);
    this.#words = new Uint32Array(memory, capacity * 8);
    this.size = 0;
    for (let old = 0; old < coordinates.length; old++) {
      const from = old * WORDS;
      if (Number.isNaN(coordinates[old]) || (words[from + TIME] ?? 0) < since) continue;
      let slot = this.#home(words[from + 1] ?? 0);
      while (!this.#free(slot)) slot = this.#next(slot);
      this.#coordinates[slot] = coordinates[old] ?? 0;
      for (let w = 0; w < WORDS; w++) this.#words[slot * WORDS + w] = words[from + w] ?? 0;
      this.size++;
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}
