const NOTHING = new Uint8Array(0);

/** Decodes texts and remembers the last one of each slot: neighbours share their connector, GTID and file. */
export class TextCache {
  readonly #bytes: Uint8Array[] = [];
  readonly #texts: string[] = [];

  /** The text of `bytes[from, to)`. */
  text(
    slot: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    decode: (bytes: Uint8Array, from: number, to: number) => string,
  ): string {
    const known = this.#texts[slot];
    if (known !== undefined && holds(this.#bytes[slot] ?? NOTHING, bytes, from, to)) return known;
    // Decoded before anything is remembered: that may throw.
    const text = decode(bytes, from, to);
    this.#bytes[slot] = new Uint8Array(bytes.subarray(from, to));
    this.#texts[slot] = text;
    return text;
  }
}

function holds(mine: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== mine.length) return false;
  for (let i = 0; i < mine.length; i++) if (mine[i] !== bytes[from + i]) return false;
  return true;
}
