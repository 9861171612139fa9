/** Remembers the last text: neighbours share their connector, position and table. */
export class TextCache {
  #bytes: Uint8Array = new Uint8Array(0);
  #text = "";

  /** The text of `bytes[from, to)` if it is the one from before. */
  get(bytes: Uint8Array, from: number, to: number): string | undefined {
    const mine = this.#bytes;
    if (to - from !== mine.length) return undefined;
    for (let i = 0; i < mine.length; i++) if (mine[i] !== bytes[from + i]) return undefined;
    return this.#text;
  }

  keep(bytes: Uint8Array, from: number, to: number, text: string): string {
    this.#bytes = new Uint8Array(bytes.subarray(from, to));
    this.#text = text;
    return text;
  }
}
