/** Longer texts are not remembered. */
const LONGEST = 64;

/** Decodes texts, and remembers the last one: neighbours share their connector, position and table. */
export class TextCache {
  readonly #bytes = Buffer.alloc(LONGEST);
  #length = -1;
  #text = "";

  /** The text of `bytes[from, to)`. */
  text(bytes: Uint8Array, from: number, to: number, decode: (from: number, to: number) => string): string {
    if (to - from > LONGEST) return decode(from, to);
    if (!this.#holds(bytes, from, to)) {
      this.#length = -1;
      this.#text = this.#keep(bytes, from, to) ? this.#bytes.toString("latin1", 0, to - from) : decode(from, to);
      this.#length = to - from;
    }
    return this.#text;
  }

  #holds(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from !== this.#length) return false;
    // The ends differ first: positions count up.
    for (let i = to - from - 1; i >= 0; i--) if (this.#bytes[i] !== bytes[from + i]) return false;
    return true;
  }

  /** False when there is more in it than ASCII. */
  #keep(bytes: Uint8Array, from: number, to: number): boolean {
    let all = 0;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      this.#bytes[i - from] = byte;
      all |= byte;
    }
    return all < 0x80;
  }
}
