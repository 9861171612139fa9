import type { AvroType } from "./schema.ts";
import { malformed } from "./wire.ts";

/** Nesting that a value may have. Debezium's own is below ten. */
const MAX_DEPTH = 100;

/** Items without bytes (nulls, empty records) that one payload may have: nothing else bounds them. */
const MAX_WEIGHTLESS_ITEMS = 10_000;

/** 2^28: what four bytes of a varint hold. */
const LOW = 0x1000_0000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Walks over the bytes of Avro values. Every read is held against the end of the payload, and the count of a block
 * against the bytes that remain before anything is done with it. Throws RECORD_MALFORMED on bytes that break a rule.
 */
export class Reader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** Of the last `long`: its bits from the 28th on, and those below, when its sign is taken off as ~x. */
  #high = 0;
  #low = 0;
  #negative = false;
  #weightless = 0;

  start(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
    this.#weightless = MAX_WEIGHTLESS_ITEMS;
  }

  /** Goes back to a value that has been walked over before: its items have been counted. */
  resume(at: number): void {
    this.at = at;
    this.#weightless = Number.POSITIVE_INFINITY;
  }

  /** Whether the place lies within the payload. */
  checkEnd(): void {
    if (this.at > this.bytes.length) throw malformed("it ends in the middle of a value");
  }

  /** Nothing may follow the value. */
  end(): void {
    if (this.at !== this.bytes.length) throw malformed(`${this.bytes.length - this.at} bytes follow the value`);
  }

  skip(type: AvroType, depth: number): void {
    switch (type.kind) {
      case "union":
        this.skip(this.branch(type), depth);
        break;
      case "string":
      case "bytes":
        this.span();
        break;
      case "int":
      case "long":
        this.skipVarint();
        break;
      case "record": {
        checkDepth(depth);
        const { fields } = type;
        for (let f = 0; f < fields.length; f++) this.skip((fields[f] as (typeof fields)[number]).type, depth + 1);
        break;
      }
      case "null":
        break;
      case "boolean":
        this.boolean();
        break;
      case "double":
        this.pass(8);
        break;
      case "float":
        this.pass(4);
        break;
      case "enum":
        this.index(type.symbols.length);
        break;
      case "fixed":
        this.pass(type.size);
        break;
      case "array":
      case "map":
        this.#skipItems(type, depth);
        break;
    }
  }

  #skipItems(type: AvroType, depth: number): void {
    checkDepth(depth);
    const item = itemOf(type);
    for (let block = this.block(type); block.count > 0; block = this.block(type)) {
      for (let n = block.count; n > 0; n--) {
        if (type.kind === "map") this.span();
        this.skip(item, depth + 1);
      }
      this.endBlock(block);
    }
  }

  /** The branch of the union that the value is of. */
  branch(type: AvroType): AvroType {
    return type.branches[this.index(type.branches.length)] as AvroType;
  }

  /** A whole number below `count`. */
  index(count: number): number {
    const byte = this.bytes[this.at];
    // Nearly always one byte; the lowest bit is the sign.
    if (byte !== undefined && byte < 0x80 && (byte & 1) === 0 && byte >> 1 < count) {
      this.at++;
      return byte >> 1;
    }
    const index = this.long();
    if (index < 0 || index >= count) throw malformed(`a choice of ${count} has no number ${index}`);
    return index;
  }

  pass(count: number): void {
    if (count > this.bytes.length - this.at) throw malformed("it ends in the middle of a value");
    this.at += count;
  }

  /** Passes a length and as many bytes; returns where these begin. They end at `at`. */
  span(): number {
    const length = this.long();
    if (length < 0 || length > this.bytes.length - this.at) throw malformed(`a length of ${length} bytes`);
    const from = this.at;
    this.at = from + length;
    return from;
  }

  boolean(): boolean {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw malformed("it ends in the middle of a value");
    if (byte > 1) throw malformed("a boolean is neither 0 nor 1");
    return byte === 1;
  }

  skipVarint(): void {
    const { bytes, at } = this;
    for (let i = at; i < at + 10; i++) {
      const byte = bytes[i];
      if (byte === undefined) throw malformed("it ends in the middle of a number");
      if (byte < 0x80) {
        if (i === at + 9 && byte > 1) break;
        this.at = i + 1;
        return;
      }
    }
    throw malformed("a number has more than 64 bits");
  }

  /** A whole number, exact where it is a safe integer: beyond, see `bigInt`. */
  long(): number {
    const { bytes } = this;
    const from = this.at;
    const first = bytes[from];
    if (first !== undefined && first < 0x80) {
      this.at = from + 1;
      this.#high = 0;
      this.#low = first >> 1;
      this.#negative = (first & 1) === 1;
      return this.#negative ? -1 - this.#low : this.#low;
    }
    this.skipVarint();
    let low = 0;
    let high = 0;
    for (let i = this.at - 1; i >= from; i--) {
      const seven = (bytes[i] as number) & 0x7f;
      if (i - from >= 4) high = high * 128 + seven;
      else low = low * 128 + seven;
    }
    this.#negative = (low & 1) === 1;
    this.#low = (low >> 1) + (high % 2) * (LOW / 2);
    this.#high = Math.floor(high / 2);
    const size = this.#high * LOW + this.#low;
    return this.#negative ? -1 - size : size;
  }

  /** The number that `long` read last, exactly. */
  bigInt(): bigint {
    const size = BigInt(this.#high) * BigInt(LOW) + BigInt(this.#low);
    return this.#negative ? -1n - size : size;
  }

  /** The number that `long` read last, in its decimal digits. */
  digits(long: number): string {
    return Number.isSafeInteger(long) ? String(long) : String(this.bigInt());
  }

  float(): number {
    this.pass(4);
    return viewOf(this.bytes).getFloat32(this.at - 4, true);
  }

  double(): number {
    this.pass(8);
    return viewOf(this.bytes).getFloat64(this.at - 8, true);
  }

  text(from: number, to: number): string {
    try {
      return decoder.decode(this.bytes.subarray(from, to));
    } catch (cause) {
      throw malformed("a text is not UTF-8", cause);
    }
  }

  /** The next block of an array or a map; the last one is empty. */
  block(type: AvroType): Block {
    let count = this.long();
    let end = -1;
    if (count < 0) {
      count = -count;
      const from = this.span();
      end = this.at;
      this.at = from;
    }
    const least = itemOf(type).minBytes + (type.kind === "map" ? 1 : 0);
    if (count * least > this.bytes.length - this.at) throw malformed(`a count of ${count} items, more than there are`);
    if (least === 0 && (this.#weightless -= count) < 0) throw malformed("too many items without bytes");
    return { count, end };
  }

  /** A block may tell its size: then it has to be right. */
  endBlock(block: Block): void {
    if (block.end >= 0 && block.end !== this.at) throw malformed("a block has not the size that it tells");
  }
}

export interface Block {
  readonly count: number;
  /** -1 where the block does not tell its size. */
  readonly end: number;
}

export const itemOf = (type: AvroType): AvroType => type.branches[0] as AvroType;

export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw malformed(`it nests deeper than ${MAX_DEPTH}`);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
