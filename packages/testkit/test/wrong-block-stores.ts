import type { BlockStore } from "@tandem-cdc/core";
import type { StoreMaker } from "../src/index.ts";
import { BLOCKS_BY_THE_BOOK, mapBlockStore } from "./stores.ts";

const utf8 = new TextDecoder();
/** A block store that is wrong in one way, and the test that has to say so. */
const HISTORIES = "packed over it, every change is emitted once, in histories of crashes, late writes and timeouts";
const { bucketOf } = BLOCKS_BY_THE_BOOK;
export const wrongBlockStores: readonly (readonly [flaw: string, maker: StoreMaker<BlockStore>, caught: string])[] = [
  [
    "named by first only",
    mapBlockStore({ nameOf: (_, { first }) => `${first}` }),
    "a late shorter block stands beside a longer one with the same first",
  ],
  [
    "named by last only",
    mapBlockStore({ nameOf: (_, { last }) => `${last}` }),
    "a longer block stands beside a shorter one with the same last",
  ],
  [
    "named by nothing",
    mapBlockStore({ nameOf: () => `${Math.random()}` }),
    "a block that is appended twice is there once",
  ],
  ["one block a bucket", mapBlockStore({ nameOf: () => "" }), HISTORIES],
  [
    "load gives a page",
    mapBlockStore({ given: (blocks) => blocks.slice(0, 1_000) }),
    "a bucket of 2,000 blocks is loaded whole",
  ],
  [
    "load gives a megabyte",
    mapBlockStore({ given: (blocks) => megabyteOf(blocks) }),
    "a bucket of 6 MB is loaded whole",
  ],
  ["load gives all but the last block", mapBlockStore({ given: (blocks) => blocks.slice(0, -1) }), HISTORIES],
  [
    "writes only one block a call",
    mapBlockStore({ written: (blocks) => blocks.slice(0, 1) }),
    "one call may append to many buckets, and several blocks to one",
  ],
  ["writes only the last block of a call", mapBlockStore({ written: (blocks) => blocks.slice(-1) }), HISTORIES],
  [
    "throws when there is nothing to write",
    mapBlockStore({
      written: (blocks) => {
        if (blocks.length === 0) throw new Error("nothing");
        return blocks;
      },
    }),
    "nothing to append is no error",
  ],
  [
    "keeps the caller's bytes",
    mapBlockStore({ bytesOf: (bytes) => bytes }),
    "a block that was appended is loaded with its name and bytes",
  ],
  [
    "bytes as UTF-8",
    mapBlockStore({ bytesOf: (bytes) => new TextEncoder().encode(utf8.decode(bytes)) }),
    "a block that was appended is loaded with its name and bytes",
  ],
  [
    "bytes cut at 60,000",
    mapBlockStore({ bytesOf: (bytes) => bytes.slice(0, 60_000) }),
    "a block may have the largest size, and the smallest",
  ],
  [
    "acknowledged before it is durable",
    mapBlockStore({ forgetsAtClose: true }),
    "blocks are there after the store was closed and opened again",
  ],
  [
    "buckets of 32 bits",
    mapBlockStore({ bucketOf: (lane, bucket) => bucketOf(lane, bucket | 0) }),
    "a bucket that nobody wrote to is empty",
  ],
  [
    "buckets without their sign",
    mapBlockStore({ bucketOf: (lane, bucket) => bucketOf(lane, Math.abs(bucket)) }),
    "buckets are safe integers of either sign",
  ],
  [
    "buckets as 32-bit floats",
    mapBlockStore({ bucketOf: (lane, bucket) => bucketOf(lane, Math.fround(bucket)) }),
    "buckets are safe integers of either sign",
  ],
  [
    "coordinates of 32 bits",
    mapBlockStore({ nameOf: (_, { first, last }) => `${first >>> 0}/${last >>> 0}` }),
    "coordinates reach from 0 to 2^53 - 1",
  ],
  ["lanes that meet", mapBlockStore({ bucketOf: (lane, bucket) => `${lane.topic}/${bucket}` }), "lanes do not meet"],
  [
    "lanes that meet",
    mapBlockStore({ bucketOf: (lane, bucket) => `${lane.topic}/${bucket}` }),
    "lanes and calls do not disturb each other",
  ],
  ["deaf to its signal", mapBlockStore({ ignoresSignal: true }), "an aborted signal rejects, and nothing else does"],
  [
    "life is not extended by a write",
    mapBlockStore({ extends: false }),
    "blocks live for the horizon from their write, and are forgotten some time after it",
  ],
  [
    "never forgets",
    mapBlockStore({ keptMs: () => Infinity }),
    "blocks live for the horizon from their write, and are forgotten some time after it",
  ],
];

function megabyteOf<T extends { readonly bytes: Uint8Array }>(blocks: readonly T[]): T[] {
  let left = 2 ** 20;
  return blocks.filter(({ bytes }) => (left -= bytes.length) >= 0);
}
