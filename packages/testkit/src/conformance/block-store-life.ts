import assert from "node:assert/strict";
import type { BlockStore } from "@tandem-cdc/core";
import { type ConformanceTest, randomLane, type Session, sessionTest, type StoreMaker } from "./conformance.ts";
import { eventually, storeTime } from "./store-time.ts";
import { append, block, loaded, shown } from "./stored-blocks.ts";

/** What becomes of blocks when clients come and go, give up, and time passes. */
export function blockStoreLife(maker: StoreMaker<BlockStore>): ConformanceTest[] {
  const test = (name: string, body: (session: Session<BlockStore>) => Promise<void>): ConformanceTest =>
    sessionTest(maker, name, body);
  const { clients, survives } = maker.manifest;
  const reopened = survives.restart
    ? "blocks are there after the store was closed and opened again"
    : "blocks are gone after the store was closed and opened again";
  return [
    test(reopened, async ({ open, reopen }) => {
      const lane = randomLane();
      const all = [block(3, 10, 12), block(3, 13, 90), block(3, 10, 90)];
      let store = await open();
      for (const one of all) {
        await append(store, lane, [one]);
        store = await reopen(store);
      }
      assert.deepEqual(await loaded(store, lane, 3), survives.restart ? shown(all) : []);
    }),
    test("an aborted signal rejects, and nothing else does", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const mine = block(3, 10, 12);
      await assert.rejects(append(store, lane, [mine], AbortSignal.abort()));
      await append(store, lane, [mine]);
      await assert.rejects(loaded(store, lane, 3, AbortSignal.abort()));
      assert.deepEqual(await loaded(store, lane, 3), shown([mine]));
    }),
    test("a load under way gives every block that was there before, whatever is appended meanwhile", async ({
      open,
    }) => {
      const store = await open();
      const lane = randomLane();
      const before = Array.from({ length: 200 }, (_, i) => block(3, i * 2, i * 2));
      await append(store, lane, before);
      const loading = loaded(store, lane, 3);
      for (let i = 0; i < 20; i++)
        await append(store, lane, [block(3, i * 20 + 1, i * 20 + 1), block(3, 900 + i, 900 + i)]);
      const found = new Set((await loading).map(({ bytes }) => bytes));
      assert.deepEqual(
        shown(before).filter(({ bytes }) => !found.has(bytes)),
        [],
      );
    }),
    test("lanes and calls do not disturb each other", async ({ open }) => {
      const store = await open();
      const { topic } = randomLane();
      const lanes = Array.from({ length: 16 }, (_, partition) => ({ topic, partition }));
      const each = lanes.map((lane) => ({ lane, made: Array.from({ length: 12 }, (_, i) => block(i % 3, i, i)) }));
      await Promise.all(each.flatMap(({ lane, made }) => made.map((one) => append(store, lane, [one]))));
      for (const { lane, made } of each)
        for (let bucket = 0; bucket < 3; bucket++)
          assert.deepEqual(await loaded(store, lane, bucket), shown(made.filter((b) => b.bucket === bucket)));
    }),
    test("health says that the store is well", async ({ open }) => {
      const store = await open();
      assert.equal((await store.health()).ok, true);
    }),
    ...(clients === "shared" ? twoClients(test) : clients === "exclusive" ? [secondRefused(test)] : []),
    expiry(test),
  ];
}

type Test = (name: string, body: (session: Session<BlockStore>) => Promise<void>) => ConformanceTest;

function twoClients(test: Test): ConformanceTest[] {
  return [
    test("two clients append to one bucket: neither removes the other's blocks", async ({ open }) => {
      const [one, other] = [await open(), await open()];
      const lane = randomLane();
      const mine = Array.from({ length: 20 }, (_, i) => block(3, i * 10, i * 10 + 9));
      const late = Array.from({ length: 20 }, (_, i) => block(3, i * 10, i * 10 + 4));
      await Promise.all(
        mine.map(async (b, i) => Promise.all([append(one, lane, [b]), append(other, lane, late.slice(i, i + 1))])),
      );
      for (const client of [one, other]) assert.deepEqual(await loaded(client, lane, 3), shown([...mine, ...late]));
    }),
    test("a client that closes leaves the other working", async ({ open, close }) => {
      const [one, other] = [await open(), await open()];
      const lane = randomLane();
      const all = [block(3, 1, 1), block(3, 2, 2)];
      await append(one, lane, all.slice(0, 1));
      await close(one);
      await append(other, lane, all.slice(1));
      assert.deepEqual(await loaded(other, lane, 3), shown(all));
    }),
  ];
}

function secondRefused(test: Test): ConformanceTest {
  return test("a second client is refused while the first is open, with advice", async ({ open, close }) => {
    const first = await open();
    await assert.rejects(open(), { name: "TandemError", retriable: false });
    await close(first);
    await open();
  });
}

function expiry(test: Test): ConformanceTest {
  return test("blocks live for the horizon from their write, and are forgotten some time after it", async ({
    manifest,
    open,
  }) => {
    const time = storeTime(manifest);
    const { horizonMs } = time.opening;
    const store = await open(time.opening);
    const lane = randomLane();
    const [first, second] = [block(3, 1, 1), block(3, 2, 2)];
    await append(store, lane, [first]);
    await time.pass(horizonMs * 0.75);
    assert.deepEqual(await loaded(store, lane, 3), shown([first]));
    await append(store, lane, [second]);
    await time.pass(horizonMs * 0.75);
    await append(store, lane, [block(4, 3, 3)]);
    const [secondShown] = shown([second]);
    assert(
      (await loaded(store, lane, 3)).some(({ bytes }) => bytes === secondShown?.bytes),
      "a young block is gone",
    );
    const forgotten = await eventually(async () => {
      await time.pass(horizonMs / 4);
      // The store is used: forgetting may happen on the way.
      await append(store, lane, [block(4, 3, 3)]);
      return (await loaded(store, lane, 3)).length === 0;
    });
    assert(forgotten, "a block older than the kept lifetime is still there");
  });
}
