/** A request's body, as Kafka's protocol writes it (versions before the flexible ones). */
export class RequestBody {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#sized(1, (bytes) => bytes.writeInt8(value));
  }

  int16(value: number): this {
    return this.#sized(2, (bytes) => bytes.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#sized(4, (bytes) => bytes.writeInt32BE(value));
  }

  flag(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    this.int16(bytes.length).#parts.push(bytes);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.int32(value.length).#parts.push(Buffer.from(value));
    return this;
  }

  /** Null is not the same as empty: mostly it stands for all. */
  array<T>(items: readonly T[] | null, write: (body: this, item: T) => unknown): this {
    this.int32(items === null ? -1 : items.length);
    for (const item of items ?? []) write(this, item);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #sized(size: number, write: (bytes: Buffer) => unknown): this {
    const bytes = Buffer.alloc(size);
    write(bytes);
    this.#parts.push(bytes);
    return this;
  }
}

/** What a broker answered, read from the front. Reading beyond its end throws a RangeError. */
export class Answer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }

  flag(): boolean {
    return this.int8() !== 0;
  }

  text(): string {
    return this.nullableText() ?? "";
  }

  nullableText(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#take(length).toString();
  }

  bytes(): Buffer {
    return this.#take(Math.max(0, this.int32()));
  }

  array<T>(read: (answer: this) => T): T[] {
    const items: T[] = [];
    for (let left = this.int32(); left > 0; left--) items.push(read(this));
    return items;
  }

  #take(length: number): Buffer {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #skip(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("the broker's answer is shorter than it says");
    return at;
  }
}
