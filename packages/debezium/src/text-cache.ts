/** Decodes a text and remembers the last one: neighbours share their connector, GTID and file. */
export class TextCache {
  #bytes: Uint8Array = new Uint8Array(0);
  #text = "";

  /** The text of `bytes[from, to)`. */
  text(
    bytes: Uint8Array,
    from: number,
    to: number,
    decode: (bytes: Uint8Array, from: number, to: number) => string,
  ): string {
    if (!this.#holds(bytes, from, to)) {
      this.#text = decode(bytes, from, to);
      this.#bytes = new Uint8Array(bytes.subarray(from, to));
    }
    return this.#text;
  }

  #holds(bytes: Uint8Array, from: number, to: number): boolean {
    const mine = this.#bytes;
    if (to - from !== mine.length) return false;
    for (let i = 0; i < mine.length; i++) if (mine[i] !== bytes[from + i]) return false;
    return true;
  }
}
