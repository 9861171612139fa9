import type { Lane } from "../lane.ts";
import type { Block } from "./block-store.ts";

const BLOCK = 0x62;
const WRITTEN = 0x77;
const NUMBER = 8;
const utf8 = new TextEncoder();

/** A half-open range of keys, in order of bytes. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/**
 * The keys of one namespace: its name, a letter, the lane, the bucket, and for a block its first and last coordinate.
 * Names are preceded by their length and numbers have eight bytes, so that no key is the beginning of another's lane, and
 * order of bytes is order of numbers.
 */
export class OrderedKeys {
  readonly #namespace: Uint8Array;

  constructor(namespace: string) {
    this.#namespace = named(namespace);
  }

  block(lane: Lane, { bucket, first, last }: Block): Uint8Array {
    return joined(this.#namespace, [BLOCK], bucketName(lane, bucket), number(first), number(last));
  }

  /** Where it stands when the bucket was last written to. */
  written(lane: Lane, bucket: number): Uint8Array {
    return joined(this.#namespace, [WRITTEN], bucketName(lane, bucket));
  }

  /** All blocks of the bucket. */
  blocks(lane: Lane, bucket: number): KeyRange {
    return startingWith(joined(this.#namespace, [BLOCK], bucketName(lane, bucket)));
  }

  /** All blocks of the bucket whose `written` key this is. */
  blocksOf(written: Uint8Array): KeyRange {
    const start = Uint8Array.from(written);
    start[this.#namespace.length] = BLOCK;
    return startingWith(start);
  }

  /** The `written` keys of all buckets. */
  allWritten(): KeyRange {
    return startingWith(joined(this.#namespace, [WRITTEN]));
  }
}

/** First and last coordinate, from a block's key. */
export function coordinatesOf(key: Uint8Array): { readonly first: number; readonly last: number } {
  return { first: numberAt(key, key.length - 2 * NUMBER), last: numberAt(key, key.length - NUMBER) };
}

function bucketName({ partition, topic }: Lane, bucket: number): Uint8Array {
  return joined(named(topic), number(partition), number(bucket));
}

function named(name: string): Uint8Array {
  const bytes = utf8.encode(name);
  return joined([bytes.length >> 8, bytes.length & 0xff], bytes);
}

/** Big endian, the sign turned over: order of bytes is order of numbers. */
function number(value: number): Uint8Array {
  const bytes = new Uint8Array(NUMBER);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value) + 2n ** 63n);
  return bytes;
}

function numberAt(bytes: Uint8Array, at: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset + at, NUMBER).getBigUint64(0) - 2n ** 63n);
}

/** No key ends in 0xff only, as each has a letter in it. */
function startingWith(start: Uint8Array): KeyRange {
  const to = Uint8Array.from(start);
  for (let at = to.length - 1; at >= 0; at--) {
    if (to[at] === 0xff) continue;
    to[at] = (to[at] ?? 0) + 1;
    return { from: start, to: to.subarray(0, at + 1) };
  }
  throw new TypeError("a range needs a name");
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
