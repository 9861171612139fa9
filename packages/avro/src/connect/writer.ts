const encoder = new TextEncoder();

/** Whole numbers up to here are doubled without loss. */
const EXACT = 2 ** 52;

/** Writes Avro values, one behind the other. */
export class Writer {
  #out = Buffer.alloc(1_024);
  #length = 0;

  /** Begins a payload of this schema in Confluent's wire format. */
  start(schemaId: number): void {
    this.#length = 0;
    this.byte(0);
    this.#room(4);
    this.#length = this.#out.writeUInt32BE(schemaId, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.from(this.#out.subarray(0, this.#length));
  }

  byte(byte: number): void {
    this.#room(1);
    this.#out[this.#length++] = byte;
  }

  long(value: number | bigint): void {
    this.#room(10);
    if (typeof value === "bigint" || Math.abs(value) > EXACT) return this.#bigLong(BigInt(value));
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#out[this.#length++] = (rest % 0x80) | 0x80;
    this.#out[this.#length++] = rest;
  }

  #bigLong(value: bigint): void {
    let rest = value < 0n ? -2n * value - 1n : 2n * value;
    for (; rest >= 0x80n; rest >>= 7n) this.#out[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#out[this.#length++] = Number(rest);
  }

  float(value: number): void {
    this.#room(4);
    this.#length = this.#out.writeFloatLE(value, this.#length);
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#out.writeDoubleLE(value, this.#length);
  }

  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  /** With their length before them. */
  bytes(bytes: Uint8Array): void {
    this.long(bytes.length);
    this.fixed(bytes);
  }

  fixed(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#out.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = Buffer.alloc(Math.max(this.#length + bytes, 2 * this.#out.length));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}
