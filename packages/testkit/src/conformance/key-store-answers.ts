import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";
import { ascending, assertOwners, claim, digestOf, later, ownersOf, randomClaim } from "./claim-columns.ts";
import { type ConformanceTest, randomLane, type Session, sessionTest, type StoreMaker } from "./conformance.ts";

/** What one client answers within one life: put-if-absent that returns the owner. */
export function keyStoreAnswers(maker: StoreMaker<KeyStore>): ConformanceTest[] {
  const test = (name: string, body: (session: Session<KeyStore>) => Promise<void>): ConformanceTest =>
    sessionTest(maker, name, body);
  return [
    test("a free key is won: its owner is the claimant", async ({ open }) => {
      const mine = randomClaim();
      assert.deepEqual(await claim(await open(), randomLane(), [mine]), ownersOf([mine]));
    }),
    test("a taken key gives its owner's coordinate and fingerprint", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const first = randomClaim();
      await claim(store, lane, [first]);
      for (let i = 0; i < 2; i++) assert.deepEqual(await claim(store, lane, later([first])), ownersOf([first]));
    }),
    test("the same coordinate again gets the same answer", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const mine = randomClaim();
      for (let i = 0; i < 3; i++) assert.deepEqual(await claim(store, lane, [mine]), ownersOf([mine]));
      await claim(store, lane, later([mine]));
      assert.deepEqual(await claim(store, lane, [mine]), ownersOf([mine]));
    }),
    test("a smaller coordinate replaces a larger one, for good", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const smaller = randomClaim();
      const larger = later([smaller]);
      assert.deepEqual(await claim(store, lane, larger), ownersOf(larger));
      assert.deepEqual(await claim(store, lane, [smaller]), ownersOf([smaller]));
      assert.deepEqual(await claim(store, lane, larger), ownersOf([smaller]));
    }),
    test("free, taken, own and larger-owned keys may stand in one batch", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const [free, taken, own, late] = [100, 50, 102, 900].map((coordinate) => randomClaim({ bucket: 7, coordinate }));
      assert(free !== undefined && taken !== undefined && own !== undefined && late !== undefined);
      await claim(store, lane, [taken, own, late]);
      const again = { ...taken, coordinate: 101, fingerprint: 1 };
      const before = { ...late, coordinate: 103, fingerprint: 2 };
      assert.deepEqual(await claim(store, lane, [free, again, own, before]), ownersOf([free, taken, own, before]));
    }),
    test("answers are aligned with their claims, whatever the order of buckets", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 500 }, (_, i) => randomClaim({ bucket: randomInt(20) - 10, coordinate: i * 3 }));
      const taken = all.filter(() => randomInt(2) === 0);
      await claim(store, lane, taken);
      const asked = later(all, 7_000);
      const known = new Set(taken);
      const expected = all.map((one, i) => (known.has(one) ? one : asked[i])).filter((c) => c !== undefined);
      assert.deepEqual(await claim(store, lane, asked), ownersOf(expected));
    }),
    test("an empty batch is answered", async ({ open }) => {
      const store = await open();
      assert.deepEqual(await claim(store, randomLane(), []), []);
    }),
    test("a batch of 20,000 claims is answered", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = Array.from({ length: 20_000 }, (_, i) => randomClaim({ bucket: Math.floor(i / 512), coordinate: i }));
      assertOwners(await claim(store, lane, all), all);
      assertOwners(await claim(store, lane, later(all)), all);
    }),
    test("a batch may lie in 300 buckets; buckets are safe integers of either sign", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const digest = digestOf(1);
      const extremes = [0, 1, -1, 255, 256, -256, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32)];
      const far = [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      const buckets = new Set([...extremes, ...far, ...Array.from({ length: 290 }, (_, i) => 1_000 * (i - 145) + 7)]);
      const all = [...buckets].map((bucket, i) => randomClaim({ bucket, digest, coordinate: i }));
      assert.deepEqual(await claim(store, lane, all), ownersOf(all));
      assert.deepEqual(await claim(store, lane, later(all)), ownersOf(all));
    }),
    test("lanes do not meet", async ({ open }) => {
      const store = await open();
      const { topic } = randomLane();
      const names = [topic, `${topic}-1`, `${topic}.1`, topic.toUpperCase(), topic.slice(0, -1)];
      const lanes = names.flatMap((name) => [0, 1, 11, 256].map((partition) => ({ topic: name, partition })));
      const shared = randomClaim({ coordinate: 0 });
      for (const [i, lane] of lanes.entries()) {
        const mine = { ...shared, coordinate: i };
        assert.deepEqual(await claim(store, lane, [mine]), ownersOf([mine]), `${lane.topic}-${lane.partition}`);
      }
    }),
    test("places do not meet", async ({ elsewhere, open }) => {
      const [here, there] = [await open(), await elsewhere()];
      const lane = randomLane();
      const first = randomClaim();
      await claim(here, lane, [first]);
      const other = later([first]);
      assert.deepEqual(await claim(there, lane, other), ownersOf(other));
    }),
    ...keys(test),
  ];
}

type Test = (name: string, body: (session: Session<KeyStore>) => Promise<void>) => ConformanceTest;

/** Digests are bytes, and coordinates and fingerprints keep all their bits. */
function keys(test: Test): ConformanceTest[] {
  const apart = (name: string, digests: () => Uint8Array[]): ConformanceTest =>
    test(name, async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const all = digests().map((digest, i) => randomClaim({ bucket: 5, digest, coordinate: i }));
      assert.deepEqual(await claim(store, lane, all), ownersOf(all));
      assert.deepEqual(await claim(store, lane, later(all)), ownersOf(all));
    });
  const base = digestOf(2);
  const changed = (at: number, byte: number): Uint8Array => base.with(at, byte);
  return [
    apart("keys are bytes: 0x00, 0xff and invalid UTF-8 are told apart", () =>
      [0x00, 0x01, 0x7f, 0x80, 0xc0, 0xc1, 0xfe, 0xff].map((byte) => new Uint8Array(DIGEST_BYTES).fill(byte)),
    ),
    apart("keys that agree up to a NUL are told apart", () => [1, 2, 3].map((byte) => changed(4, 0).with(5, byte))),
    apart("keys that differ in one of the first 12 bytes are told apart", () => [
      base,
      ...Array.from({ length: 12 }, (_, at) => changed(at, (base[at] ?? 0) ^ 0x80)),
      ...Array.from({ length: 12 }, (_, at) => changed(at, (base[at] ?? 0) ^ 0x01)),
    ]),
    test("coordinates reach from 0 to 2^53 - 1", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const coordinates = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 1, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER - 1];
      const all = ascending(coordinates.map((coordinate) => randomClaim({ bucket: 1, coordinate })));
      assert.deepEqual(await claim(store, lane, all), ownersOf(all));
      assert.deepEqual(await claim(store, lane, later(all, 1).slice(-1)), ownersOf(all.slice(-1)));
    }),
    test("fingerprints keep 32 bits", async ({ open }) => {
      const store = await open();
      const lane = randomLane();
      const fingerprints = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x01020304];
      const all = fingerprints.map((fingerprint, coordinate) => randomClaim({ bucket: 1, coordinate, fingerprint }));
      await claim(store, lane, all);
      assert.deepEqual(await claim(store, lane, later(all)), ownersOf(all));
    }),
  ];
}
