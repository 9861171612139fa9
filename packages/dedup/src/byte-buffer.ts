/** Above this a buffer shrinks again: one huge record must not hold its size for ever. */
const KEEP = 1 << 20;

const encoder = new TextEncoder();

/** A growing buffer that is written from the start again and again. Fields are length-prefixed or of fixed size. */
export class ByteBuffer {
  #bytes: Uint8Array = new Uint8Array(1 << 9);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get length(): number {
    return this.#length;
  }

  /** Cuts back to `length` bytes; shrinks what has grown out of proportion. */
  reset(length: number): void {
    if (this.#bytes.length > KEEP) this.#resize(KEEP);
    this.#length = length;
  }

  field(bytes: Uint8Array | null): void {
    this.#uint32(bytes === null ? 0xffffffff : bytes.length);
    if (bytes === null) return;
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.#room(4 + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length + 4));
    this.#view.setUint32(this.#length, written, true);
    this.#length += 4 + written;
  }

  number(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #uint32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, this.#bytes.length * 2));
  }

  #resize(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.#bytes.subarray(0, Math.min(this.#length, size)));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
