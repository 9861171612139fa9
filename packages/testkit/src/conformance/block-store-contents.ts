import assert from "node:assert/strict";
import { type BlockStore, MAX_BLOCK_BYTES } from "@tandem-cdc/core";
import { type ConformanceTest, NEVER, randomLane, type Session, sessionTest, type StoreMaker } from "./conformance.ts";
import { append, block, loaded, shown } from "./stored-blocks.ts";

/** What one client appends, it loads: every block once, as it was, and no other. */
export function blockStoreContents(maker: StoreMaker<BlockStore>): ConformanceTest[] {
  const test = (name: string, body: (session: Session<BlockStore>) => Promise<void>): ConformanceTest =>
    sessionTest(maker, name, body);
  return [
    test("a block that was appended is loaded with its name and bytes", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = [block(3, 10, 12), { ...block(3, 20, 20), bytes: Uint8Array.from({ length: 256 }, (_, i) => i) }];
      for (const one of all) await append(store, lane, [one]);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("a block that is appended twice is there once", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = [block(3, 10, 12), block(3, 13, 19)];
      await append(store, lane, all);
      await append(store, lane, all.slice(0, 1));
      await append(store, lane, all);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("a bucket that nobody wrote to is empty", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      assert.deepEqual(await loaded(store, lane, 3), []);
      await append(store, lane, [block(3, 10, 12)]);
      for (const bucket of [2, 4, -3, 30, 3 + 2 ** 32])
        assert.deepEqual(await loaded(store, lane, bucket), [], `${bucket}`);
    }),
    test("a late shorter block stands beside a longer one with the same first", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const [shorter, longer] = [block(3, 10, 12), block(3, 10, 90)];
      await append(store, lane, [longer]);
      await append(store, lane, [shorter]);
      assert.deepEqual(await loaded(store, lane, 3), shown([shorter, longer]));
    }),
    test("a longer block stands beside a shorter one with the same last", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = [block(3, 50, 90), block(3, 10, 90), block(3, 90, 90)];
      for (const one of all) await append(store, lane, [one]);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("one call may append to many buckets, and several blocks to one", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 120 }, (_, i) => block((i % 40) - 20, 1_000 - i, 1_010 - i));
      await append(store, lane, all);
      for (let bucket = -20; bucket < 20; bucket++)
        assert.deepEqual(await loaded(store, lane, bucket), shown(all.filter((b) => b.bucket === bucket)), `${bucket}`);
    }),
    test("nothing to append is no error", async ({ open }) => {
      const store = await open();
      await append(store, randomLane(), []);
    }),
    test("buckets are safe integers of either sign", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const near = [0, 1, -1, 2, -2, 255, 256, -255, -256, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32)];
      const all = [...near, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].map(
        (bucket, i) => block(bucket, i, i),
      );
      await append(store, lane, all);
      for (const one of all) assert.deepEqual(await loaded(store, lane, one.bucket), shown([one]), `${one.bucket}`);
    }),
    test("coordinates reach from 0 to 2^53 - 1", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const ends = [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER];
      const all = ends.flatMap((first, i) => ends.slice(i).map((last) => block(3, first, last)));
      await append(store, lane, all);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    ...sizes(test),
    ...names(test),
  ];
}

type Test = (name: string, body: (session: Session<BlockStore>) => Promise<void>) => ConformanceTest;

function sizes(test: Test): ConformanceTest[] {
  return [
    test("a block may have the largest size, and the smallest", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = [block(3, 1, 2, MAX_BLOCK_BYTES), block(3, 3, 4, 1), block(3, 5, 6, MAX_BLOCK_BYTES)];
      await append(store, lane, all);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("a bucket of 2,000 blocks is loaded whole", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 2_000 }, (_, i) => block(3, i * 3, i * 3 + 2));
      for (let i = 0; i < all.length; i += 250) await append(store, lane, all.slice(i, i + 250));
      await append(store, lane, [block(2, 0, 0), block(4, 0, 0)]);
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("a bucket of 6 MB is loaded whole", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 96 }, (_, i) => block(3, i, i, MAX_BLOCK_BYTES));
      for (let i = 0; i < all.length; i += 8) await append(store, lane, all.slice(i, i + 8));
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
    test("a load that is not read to its end leaves the store usable", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 300 }, (_, i) => block(3, i, i));
      await append(store, lane, all);
      for (let i = 0; i < 20; i++) {
        const reading = store.load(lane, 3, NEVER)[Symbol.asyncIterator]();
        assert.equal((await reading.next()).done, false);
        await reading.return?.();
      }
      assert.deepEqual(await loaded(store, lane, 3), shown(all));
    }),
  ];
}

function names(test: Test): ConformanceTest[] {
  return [
    test("lanes do not meet", async ({ open }) => {
      const store = await open();
      const { topic } = randomLane();
      const topics = [topic, `${topic}-1`, `${topic}.1`, topic.toUpperCase(), topic.slice(0, -1)];
      const lanes = topics.flatMap((name) => [0, 1, 11, 256].map((partition) => ({ topic: name, partition })));
      const each = lanes.map((lane) => ({ lane, mine: block(3, 10, 12) }));
      for (const { lane, mine } of each) await append(store, lane, [mine]);
      for (const { lane, mine } of each) assert.deepEqual(await loaded(store, lane, 3), shown([mine]), lane.topic);
    }),
    test("places do not meet", async ({ elsewhere, open }) => {
      const [here, there] = [await open(), await elsewhere()];
      const lane = randomLane();
      const [mine, other] = [block(3, 10, 12), block(3, 10, 12)];
      await append(here, lane, [mine]);
      assert.deepEqual(await loaded(there, lane, 3), []);
      await append(there, lane, [other]);
      assert.deepEqual(await loaded(here, lane, 3), shown([mine]));
    }),
  ];
}
