import { KEPT_DIGEST_BYTES } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/index.ts";
import { type Claim, claim, claimBatch, FakeClock, LANE, NEVER } from "./support.ts";

const HOUR = 3_600_000;

const anyClaim: fc.Arbitrary<Claim> = fc.record({
  key: fc.nat(30),
  bucket: fc.constantFrom(-4_096, 0, 1, 2 ** 50),
  coordinate: fc.nat(1_000),
  fingerprint: fc.nat(5),
});

describe("put-if-absent, the smaller coordinate wins", () => {
  test("as a map does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyClaim, { maxLength: 40 }), { maxLength: 10 }), async (batches) => {
        const store = memoryStore();
        const model = new Map<string, Claim>();
        for (const claims of batches) {
          const owners = await store.claim(LANE, claimBatch(claims), NEVER);
          claims.forEach((one, i) => {
            const name = `${one.bucket}/${one.key}`;
            const owner = model.get(name);
            if (owner === undefined || one.coordinate < owner.coordinate) model.set(name, one);
            expect([owners.coordinates[i], owners.fingerprints[i]]).toEqual([
              model.get(name)?.coordinate,
              model.get(name)?.fingerprint,
            ]);
          });
        }
        expect((await store.health()).detail).toMatch(new RegExp(`^${model.size} claims`));
      }),
    );
  });

  test("buckets grow without losing a claim", async () => {
    const store = memoryStore();
    const digests = claimBatch(Array.from({ length: 256 }, (_, key) => ({ key, coordinate: 1_000 + key })));
    await store.claim(LANE, digests, NEVER);
    expect([
      ...(await store.claim(LANE, { ...digests, coordinates: new Float64Array(256).fill(5_000) }, NEVER)).coordinates,
    ]).toEqual([...digests.coordinates]);
  });

  test("digests that differ in any of the bytes that are kept are different keys", async () => {
    const store = memoryStore();
    const batch = claimBatch(Array.from({ length: KEPT_DIGEST_BYTES + 1 }, (_, i) => ({ key: 0, coordinate: i })));
    for (let byte = 0; byte < KEPT_DIGEST_BYTES; byte++) batch.digests[byte * 16 + byte] = 1;
    expect([...(await store.claim(LANE, batch, NEVER)).coordinates]).toEqual(
      Array.from({ length: KEPT_DIGEST_BYTES + 1 }, (_, i) => i),
    );
  });

  test("lanes share nothing", async () => {
    const store = memoryStore();
    await claim(store, { key: 1, coordinate: 5 });
    const other = await store.claim({ ...LANE, partition: 4 }, claimBatch([{ key: 1, coordinate: 9 }]), NEVER);
    expect(other.coordinates[0]).toBe(9);
  });

  test("an empty batch is answered", async () => {
    expect((await memoryStore().claim(LANE, claimBatch([]), NEVER)).coordinates).toHaveLength(0);
  });

  test("an aborted claim is refused", async () => {
    await expect(memoryStore().claim(LANE, claimBatch([]), AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("the horizon", () => {
  test("claims live for the horizon at least, and are gone soon after a quarter more", async () => {
    const steps = fc.array(fc.tuple(anyClaim, fc.integer({ min: 0, max: HOUR })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(1_000, 10_000, HOUR), async (history, horizonMs) => {
        const clock = new FakeClock();
        const store = memoryStore({ clock, horizonMs });
        const model = new Map<string, { coordinate: number; at: number }>();
        for (const [one, pause] of history) {
          clock.time += (pause * horizonMs) / HOUR;
          const name = `${one.bucket}/${one.key}`;
          const known = model.get(name);
          const [owner = -1] = await claim(store, one);
          const age = known === undefined ? Number.POSITIVE_INFINITY : clock.time - known.at;
          const first = known === undefined || one.coordinate < known.coordinate;
          if (age <= horizonMs) expect(owner).toBe(Math.min(one.coordinate, known?.coordinate ?? one.coordinate));
          else if (age > horizonMs * 1.6 + 1_000) expect(owner).toBe(one.coordinate);
          if (first || owner === one.coordinate)
            model.set(name, { coordinate: owner, at: owner === known?.coordinate ? known.at : clock.time });
        }
      }),
    );
  });

  test("a bucket that nobody has written to for a quarter more than the horizon is dropped whole", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR });
    await claim(store, { key: 1, coordinate: 1 }, { key: 2, coordinate: 2 });
    clock.time += 1.25 * HOUR;
    await claim(store, { key: 3, bucket: 9, coordinate: 3 });
    expect((await store.health()).detail).toMatch(/^3 claims/);
    clock.time += 0.2 * HOUR;
    await claim(store, { key: 3, bucket: 9, coordinate: 4 });
    expect((await store.health()).detail).toMatch(/^1 claims/);
  });

  test("in a bucket that is in use, old claims go and young ones stay", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR });
    for (let key = 0; key < 20; key++) {
      await claim(store, { key, coordinate: key });
      clock.time += 0.2 * HOUR;
    }
    expect(
      await claim(store, { key: 19, coordinate: 99 }, { key: 16, coordinate: 99 }, { key: 2, coordinate: 99 }),
    ).toEqual([19, 16, 99]);
    expect(Number((await store.health()).detail?.split(" ")[0])).toBeLessThan(10);
  });

  test("seconds are rounded in favour of the claim", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: 2_000 });
    await claim(store, { key: 1, coordinate: 1 });
    clock.time += 900;
    await claim(store, { key: 2, coordinate: 2 });
    clock.time += 1_950;
    expect(await claim(store, { key: 2, coordinate: 9 })).toEqual([2]);
  });

  test("a key taken by a smaller coordinate lives from then on", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR });
    await claim(store, { key: 1, coordinate: 20 });
    clock.time += HOUR;
    await claim(store, { key: 1, coordinate: 10 });
    clock.time += HOUR;
    expect(await claim(store, { key: 1, coordinate: 30 })).toEqual([10]);
  });
});

describe("its size", () => {
  test("a batch that may not fit is refused with advice, and nothing of it is kept", async () => {
    const store = memoryStore({ maxClaims: 3 });
    await claim(store, { key: 1, coordinate: 1 }, { key: 2, coordinate: 2 });
    await expect(claim(store, { key: 3, coordinate: 3 }, { key: 4, coordinate: 4 })).rejects.toMatchObject({
      code: "STORE_FULL",
      retriable: false,
      message: expect.stringContaining("maxClaims"),
    });
    expect(await claim(store, { key: 4, coordinate: 9 })).toEqual([9]);
  });

  test("what has expired makes room first", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR, maxClaims: 2 });
    await claim(store, { key: 1, coordinate: 1 }, { key: 2, coordinate: 2 });
    clock.time += 2 * HOUR;
    expect(await claim(store, { key: 1, coordinate: 3 }, { key: 4, coordinate: 4 })).toEqual([3, 4]);
  });

  test("also where the last sweep is not long ago", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR, maxClaims: 2 });
    await claim(store, { key: 1, coordinate: 1 });
    clock.time += 1.2 * HOUR;
    await claim(store, { key: 2, bucket: 1, coordinate: 2 });
    clock.time += 0.06 * HOUR;
    expect(await claim(store, { key: 3, bucket: 1, coordinate: 3 })).toEqual([3]);
  });

  test("closed, it holds nothing", async () => {
    const store = memoryStore();
    await claim(store, { key: 1, coordinate: 1 });
    await store.close();
    expect((await store.health()).detail).toMatch(/^0 claims/);
  });

  test("a claim costs 35 to 75 bytes in buckets of a hundred and more; an old bucket is given up whole", async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock, horizonMs: HOUR });
    const held = async (): Promise<number> => Number((await store.health()).detail?.match(/(\d+) bytes/)?.[1]);
    const batch = claimBatch(Array.from({ length: 1_000 }, () => ({ key: 0, coordinate: 0 })));
    const words = new Uint32Array(batch.digests.buffer);
    let claims = 0;
    for (const size of [100, 128, 204, 205, 256, 400, 512, 1_000]) {
      const before = await held();
      for (let i = 0; i < 1_000; i++) {
        words[4 * i + 1] = Math.imul(++claims, 0x9e3779b1);
        batch.buckets[i] = size * 1_000 + Math.floor(i / size);
      }
      await store.claim(LANE, batch, NEVER);
      // The last bucket of each size is not full.
      expect(((await held()) - before) / 1_000).toBeGreaterThanOrEqual(35);
      expect(((await held()) - before) / 1_000).toBeLessThanOrEqual(75);
    }
    expect((await store.health()).detail).toMatch(/^8000 claims/);
    clock.time += 1.5 * HOUR;
    await claim(store, { key: 1, coordinate: 1 });
    expect(await held()).toBe(20 * 28);
  });
});

test.each([0, -1, Number.NaN])("horizonMs or maxClaims of %d are refused", (wrong) => {
  expect(() => memoryStore({ horizonMs: wrong })).toThrow(TypeError);
  expect(() => memoryStore({ maxClaims: wrong })).toThrow(TypeError);
});
