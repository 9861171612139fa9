import assert from "node:assert/strict";
import type { KeyStore } from "@tandem-cdc/core";
import { claim, later, ownersOf, randomClaim } from "./claim-columns.ts";
import { type ConformanceTest, randomLane, type Session, sessionTest, type StoreMaker } from "./conformance.ts";
import { eventually, storeTime } from "./store-time.ts";

/** What becomes of claims when clients come and go, give up, and time passes. */
export function keyStoreLife(maker: StoreMaker<KeyStore>): ConformanceTest[] {
  const test = (name: string, body: (session: Session<KeyStore>) => Promise<void>): ConformanceTest =>
    sessionTest(maker, name, body);
  const { survives } = maker.manifest;
  const reopened = survives.restart
    ? "claims are there after the store was closed and opened again"
    : "claims are gone after the store was closed and opened again";
  return [
    test(reopened, async ({ open, reopen }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 300 }, (_, i) => randomClaim({ bucket: i % 3, coordinate: i }));
      await claim(store, lane, all);
      const asked = later(all);
      assert.deepEqual(await claim(await reopen(store), lane, asked), ownersOf(survives.restart ? all : asked));
    }),
    test("claims outlive the lane's release", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 300 }, (_, i) => randomClaim({ bucket: i % 3, coordinate: i }));
      await claim(store, lane, all);
      store.release?.(lane);
      assert.deepEqual(await claim(store, lane, later(all)), ownersOf(all));
    }),
    test("an aborted signal rejects, and the claims can be made again", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const mine = randomClaim();
      await assert.rejects(claim(store, lane, [mine], AbortSignal.abort()));
      assert.deepEqual(await claim(store, lane, [mine]), ownersOf([mine]));
    }),
    test("a claim that is given up under way can be made again by the same owner", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      for (let i = 0; i < 10; i++) {
        const mine = randomClaim({ coordinate: i });
        const giveUp = new AbortController();
        const outcome = claim(store, lane, [mine], giveUp.signal).catch(() => null);
        giveUp.abort();
        await outcome;
        assert.deepEqual(await claim(store, lane, [mine]), ownersOf([mine]));
        assert.deepEqual(await claim(store, lane, later([mine])), ownersOf([mine]));
      }
    }),
    test("health says that the store is well", async ({ open }) => {
      const store = await open();
      assert.equal((await store.health()).ok, true);
    }),
    test("a closed store rejects", async ({ open, close }) => {
      const store = await open();
      const lane = randomLane();
      const mine = randomClaim();
      await claim(store, lane, [mine]);
      await close(store);
      await assert.rejects(claim(store, lane, later([mine])));
    }),
    ...clients(test, maker.manifest.clients),
    ...expiry(test),
  ];
}

type Test = (name: string, body: (session: Session<KeyStore>) => Promise<void>) => ConformanceTest;

function clients(test: Test, kind: "shared" | "exclusive" | "separate"): ConformanceTest[] {
  if (kind === "exclusive") return [secondRefused(test)];
  if (kind === "separate")
    return [
      test("a second client has claims of its own", async ({ open }) => {
        const [one, other] = [await open(), await open()];
        const lane = randomLane();
        const first = randomClaim();
        await claim(one, lane, [first]);
        assert.deepEqual(await claim(other, lane, later([first])), ownersOf(later([first])));
      }),
    ];
  return [
    test("a second client finds what the first claimed", async ({ open }) => {
      const [one, other] = [await open(), await open()];
      const lane = randomLane();
      const all = Array.from({ length: 50 }, (_, i) => randomClaim({ bucket: i % 2, coordinate: i }));
      await claim(one, lane, all);
      assert.deepEqual(await claim(other, lane, later(all)), ownersOf(all));
    }),
    test("after its release, a lane finds what another client claimed meanwhile", async ({ open }) => {
      const [one, other] = [await open(), await open()];
      const lane = randomLane();
      const [before, meanwhile] = [
        randomClaim({ bucket: 1, coordinate: 1 }),
        randomClaim({ bucket: 1, coordinate: 2 }),
      ];
      await claim(one, lane, [before]);
      one.release?.(lane);
      await claim(other, lane, [meanwhile]);
      assert.deepEqual(await claim(one, lane, later([before, meanwhile])), ownersOf([before, meanwhile]));
    }),
    test("two clients race: the smallest owner is the one that a third finds", async ({ open }) => {
      const [one, other] = [await open(), await open()];
      const lane = randomLane();
      for (let round = 0; round < 20; round++) {
        const keys = Array.from({ length: 20 }, (_, i) =>
          randomClaim({ bucket: round % 3, coordinate: round * 20 + i }),
        );
        const slower = later(keys, 7);
        const calls = [
          claim(one, lane, round % 2 === 0 ? keys : slower),
          claim(other, lane, round % 2 === 0 ? slower : keys),
        ];
        const answers = await Promise.all(calls);
        assert.deepEqual(answers[round % 2], ownersOf(keys), "the smaller coordinate owns its key");
        assert.deepEqual(await claim(await open(), lane, later(keys)), ownersOf(keys));
      }
    }),
    test("a fenced client writes late: the smallest owner wins, nobody's claims are lost", async ({ open }) => {
      const [fenced, owner] = [await open(), await open()];
      const lane = randomLane();
      const [known, contested, alone] = [5, 40, 41].map((coordinate) => randomClaim({ bucket: 9, coordinate }));
      assert(known !== undefined && contested !== undefined && alone !== undefined);
      await claim(fenced, lane, [known]);
      await claim(owner, lane, [known, ...later([contested], 2)]);
      await claim(fenced, lane, [contested, alone]);
      assert.deepEqual(
        await claim(await open(), lane, later([known, contested, alone])),
        ownersOf([known, contested, alone]),
      );
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

function expiry(test: Test): ConformanceTest[] {
  return [
    test("claims live for the horizon, and are forgotten some time after it", async ({ manifest, open, reopen }) => {
      const time = storeTime(manifest);
      const { horizonMs } = time.opening;
      const lane = randomLane();
      const mine = randomClaim({ bucket: 1, coordinate: 1 });
      let store = await open(time.opening);
      await claim(store, lane, [mine]);
      await time.pass(horizonMs * 0.75);
      if (manifest.survives.restart) store = await reopen(store, time.opening);
      assert.deepEqual(await claim(store, lane, later([mine])), ownersOf([mine]));
      await time.pass(horizonMs);
      const forgotten = await eventually(async () => {
        await time.pass(horizonMs / 4);
        // Its bucket is left alone meanwhile, and the store is used: forgetting may happen on the way.
        await claim(store, lane, [randomClaim({ bucket: 2 })]);
        store.release?.(lane);
        const [owner] = await claim(store, lane, later([mine]));
        return owner?.coordinate !== mine.coordinate;
      });
      assert(forgotten, "a claim older than the kept lifetime is still there");
    }),
    test("claims of a bucket that is still written to live for the horizon too", async ({ manifest, open, reopen }) => {
      const time = storeTime(manifest);
      const { horizonMs } = time.opening;
      const lane = randomLane();
      const [old, young] = [randomClaim({ bucket: 1, coordinate: 1 }), randomClaim({ bucket: 1, coordinate: 2 })];
      let store = await open(time.opening);
      await claim(store, lane, [old]);
      await time.pass(horizonMs * 0.8);
      await claim(store, lane, [young]);
      await time.pass(horizonMs * 0.8);
      await claim(store, lane, [randomClaim({ bucket: 2 })]);
      if (manifest.survives.restart) store = await reopen(store, time.opening);
      assert.deepEqual(await claim(store, lane, later([young])), ownersOf([young]));
    }),
  ];
}
