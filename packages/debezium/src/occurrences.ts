/** Above this a table is thrown away instead of cleared. */
const KEEP = 1 << 12;

/**
 * Counts how often a key occurred in a source's open transaction: the n-th change of one row is told from the first.
 * Keys are 32-bit hashes. Two rows that share one share a count, on every source alike, since all send a transaction's
 * changes in one order: their occurrence numbers stay equal across sources, which is all that is asked of them.
 */
export class Occurrences {
  #hashes: Uint32Array = new Uint32Array(64);
  #counts: Uint32Array = new Uint32Array(64);
  #size = 0;

  /** The transaction ended. */
  clear(): void {
    if (this.#size === 0) return;
    if (this.#counts.length > KEEP) {
      this.#hashes = new Uint32Array(64);
      this.#counts = new Uint32Array(64);
    } else this.#counts.fill(0);
    this.#size = 0;
  }

  /** Occurrences before this one. */
  next(hash: number): number {
    if (this.#size * 2 >= this.#counts.length) this.#grow();
    const slot = this.#slot(hash);
    const before = this.#counts[slot] ?? 0;
    if (before === 0) {
      this.#hashes[slot] = hash;
      this.#size++;
    }
    this.#counts[slot] = before + 1;
    return before;
  }

  #slot(hash: number): number {
    const mask = this.#counts.length - 1;
    let slot = hash & mask;
    while (this.#counts[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const counts = this.#counts;
    this.#hashes = new Uint32Array(hashes.length * 2);
    this.#counts = new Uint32Array(counts.length * 2);
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] ?? 0;
      if (count === 0) continue;
      const slot = this.#slot(hashes[i] ?? 0);
      this.#hashes[slot] = hashes[i] ?? 0;
      this.#counts[slot] = count;
    }
  }
}

/** FNV-1a over bytes, to be continued with more. */
export function hashBytes(hash: number, bytes: Uint8Array | null): number {
  if (bytes === null) return Math.imul(hash ^ 0x1ff, 0x01000193) >>> 0;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  // A final mix: the low bits choose the slot.
  hash ^= hash >>> 15;
  return Math.imul(hash ^ bytes.length, 0x85ebca6b) >>> 0;
}
