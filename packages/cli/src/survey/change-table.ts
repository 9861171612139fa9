import { KEPT_DIGEST_BYTES } from "@tandem-cdc/core";

const WORDS = KEPT_DIGEST_BYTES / 4;
const FIRST_CAPACITY = 1 << 12;

/** Sources of a lane that are told apart; those beyond share the last bit. */
export const MOST_SOURCES = 32;

/** The changes of one lane by key, in typed arrays: where and by whom each was first seen, and by whom again. About 60 bytes each. */
export class ChangeTable {
  size = 0;
  readonly #most: number;
  /** Entry by hash, plus one: 0 is free. */
  #slots: Int32Array = new Int32Array(2 * FIRST_CAPACITY);
  #words: Uint32Array = new Uint32Array(WORDS * FIRST_CAPACITY);
  offsets: Float64Array = new Float64Array(FIRST_CAPACITY);
  timestamps: Float64Array = new Float64Array(FIRST_CAPACITY);
  fingerprints: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** A bit for each source that has sent it. */
  sources: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** The number of the source that sent it first. */
  first: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Records of it, up to 255. */
  copies: Uint8Array = new Uint8Array(FIRST_CAPACITY);

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.size >= this.#most;
  }

  /** The change of this digest: a new one has no copies yet. */
  entryOf(digest: Uint8Array): number {
    if (2 * (this.size + 1) > this.#slots.length) this.#grow();
    const view = new DataView(digest.buffer, digest.byteOffset, KEPT_DIGEST_BYTES);
    const [w0, w1, w2] = [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
    const mask = this.#slots.length - 1;
    let slot = w1 & mask;
    for (; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) break;
      const at = entry * WORDS;
      if (this.#words[at + 1] === w1 && this.#words[at] === w0 && this.#words[at + 2] === w2) return entry;
    }
    const entry = this.size++;
    this.#slots[slot] = entry + 1;
    this.#words.set([w0, w1, w2], entry * WORDS);
    return entry;
  }

  #grow(): void {
    const capacity = this.offsets.length * 2;
    this.#words = grown(this.#words, capacity * WORDS);
    this.offsets = grown(this.offsets, capacity);
    this.timestamps = grown(this.timestamps, capacity);
    this.fingerprints = grown(this.fingerprints, capacity);
    this.sources = grown(this.sources, capacity);
    this.first = grown(this.first, capacity);
    this.copies = grown(this.copies, capacity);
    this.#slots = new Int32Array(2 * capacity);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.size; entry++) {
      let slot = (this.#words[entry * WORDS + 1] ?? 0) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(old: T, capacity: number): T {
  const made = new (old.constructor as new (length: number) => T)(capacity);
  made.set(old);
  return made;
}
