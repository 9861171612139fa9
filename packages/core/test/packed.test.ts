import {
  type Block,
  type BlockStore,
  type ClaimBatch,
  DIGEST_BYTES,
  type Lane,
  MAX_BLOCK_BYTES,
  packed,
  readBlock,
  type StoredBlock,
  TandemError,
} from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockWriter } from "../src/claims/block-format.ts";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
const SIGNAL = new AbortController().signal;

function digestOf(key: number): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  new DataView(digest.buffer).setUint32(4, Math.imul(key, 0x9e3779b1), true);
  new DataView(digest.buffer).setUint32(0, key, true);
  return digest;
}

/** Claims of `keys` at these coordinates; ten neighbours share a bucket. */
function batchOf(claims: readonly (readonly [key: number, coordinate: number])[]): ClaimBatch {
  const digests = new Uint8Array(claims.length * DIGEST_BYTES);
  claims.forEach(([key], i) => digests.set(digestOf(key), i * DIGEST_BYTES));
  return {
    length: claims.length,
    digests,
    buckets: Float64Array.from(claims, ([key]) => Math.floor(key / 10)),
    coordinates: Float64Array.from(claims, ([, coordinate]) => coordinate),
    fingerprints: Uint32Array.from(claims, ([, coordinate]) => coordinate * 7),
  };
}

/** Blocks in memory, which outlive the key stores over it; `fault` may fail a call before or after its effect. */
class Log implements BlockStore {
  readonly blocks = new Map<string, Block>();
  loads = 0;
  fault: (what: "load" | "append") => "before" | "after" | null = () => null;
  #late: (() => void)[] = [];

  async *load(_: Lane, bucket: number): AsyncGenerator<StoredBlock> {
    this.loads++;
    if (this.fault("load") !== null) throw new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
    for (const block of [...this.blocks.values()].filter((b) => b.bucket === bucket)) yield block;
  }
  async append(_: Lane, blocks: readonly Block[]): Promise<void> {
    const write = (): void => blocks.forEach((b) => this.blocks.set(`${b.bucket}/${b.first}/${b.last}`, b));
    const fault = this.fault("append");
    if (fault === "before") this.#late.push(write);
    else write();
    if (fault !== null) throw new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
  }
  /** What was given up takes effect after all. */
  landLate(): void {
    for (const write of this.#late.splice(0)) write();
  }
  async health(): Promise<{ ok: true }> {
    return { ok: true };
  }
  async close(): Promise<void> {}
}

const OPTIONS = { horizonMs: 3_600_000 };

describe("a block", () => {
  it("gives back what was written, for any claims, in blocks of bounded size", () => {
    const claims = fc.array(
      fc.tuple(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.nat(2 ** 30), fc.nat(0xffffffff)),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(claims, fc.nat(2 ** 45), (made, start) => {
        const writer = new BlockWriter(5);
        let coordinate = start;
        const expected = made.map(([digest, distance, fingerprint]) => ({
          digest: [...digest],
          coordinate: (coordinate += distance),
          fingerprint,
        }));
        for (const e of expected)
          writer.add(Uint8Array.from([...e.digest, 9, 9, 9, 9]), 0, e.coordinate, e.fingerprint);
        const read: unknown[] = [];
        for (const { bytes, first } of writer.done())
          readBlock(bytes, first, (d, at, c, f) =>
            read.push({ digest: [...d.subarray(at, at + 12)], coordinate: c, fingerprint: f }),
          );
        expect(read).toEqual(expected);
      }),
    );
  });
  it("is cut where it would grow too large, and costs at most 18 bytes a claim", () => {
    const writer = new BlockWriter(0);
    for (let i = 0; i < 10_000; i++) writer.add(digestOf(i), 0, i * 3, i);
    const blocks = writer.done();
    expect(blocks.length).toBeGreaterThan(2);
    expect(Math.max(...blocks.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
    expect(blocks.reduce((sum, { bytes }) => sum + bytes.length, 0) / 10_000).toBeLessThan(18);
  });
  it("that is not one of ours is refused, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readBlock(bytes, 0, () => undefined);
        } catch (error) {
          expect(error).toMatchObject({ code: "STORE_UNSAFE" });
        }
      }),
    );
    expect(() => readBlock(Uint8Array.of(1, 2, 3), 0, () => undefined)).toThrow(/cut short/);
  });
});

describe("a packed store", () => {
  it("answers the owner: own coordinate when won, again when claimed again, else the first", async () => {
    const store = packed(new Log(), OPTIONS);
    expect([
      ...(
        await store.claim(
          LANE,
          batchOf([
            [1, 10],
            [2, 11],
          ]),
          SIGNAL,
        )
      ).coordinates,
    ]).toEqual([10, 11]);
    const again = await store.claim(
      LANE,
      batchOf([
        [1, 12],
        [2, 11],
        [3, 13],
      ]),
      SIGNAL,
    );
    expect([...again.coordinates]).toEqual([10, 11, 13]);
    expect([...again.fingerprints]).toEqual([70, 77, 91]);
  });

  it("remembers over a restart, loads each bucket once, and writes one block per bucket and batch", async () => {
    const log = new Log();
    await packed(log, OPTIONS).claim(
      LANE,
      batchOf([
        [1, 10],
        [2, 11],
        [15, 12],
      ]),
      SIGNAL,
    );
    expect(log.blocks.size).toBe(2);
    const store = packed(log, OPTIONS);
    log.loads = 0;
    for (let i = 0; i < 3; i++)
      expect([
        ...(
          await store.claim(
            LANE,
            batchOf([
              [1, 20 + i],
              [15, 30 + i],
            ]),
            SIGNAL,
          )
        ).coordinates,
      ]).toEqual([10, 12]);
    expect(log.loads).toBe(2);
    expect(log.blocks.size).toBe(2);
  });

  it("keeps a bucket whose append was not acknowledged, and appends it again before the next claim", async () => {
    const log = new Log();
    const store = packed(log, { ...OPTIONS, maxClaims: 1 });
    log.fault = (what) => (what === "append" ? "before" : null);
    await expect(store.claim(LANE, batchOf([[1, 10]]), SIGNAL)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
    });
    expect(log.blocks.size).toBe(0);
    log.fault = () => null;
    // The memory bound would drop the bucket here, were it not pinned.
    expect([...(await store.claim(LANE, batchOf([[50, 11]]), SIGNAL)).coordinates]).toEqual([11]);
    expect(log.blocks.size).toBe(2);
    expect([...(await packed(log, OPTIONS).claim(LANE, batchOf([[1, 99]]), SIGNAL)).coordinates]).toEqual([10]);
  });

  it("drops buckets beyond its memory bound and loads them again", async () => {
    const log = new Log();
    const store = packed(log, { ...OPTIONS, maxClaims: 50 });
    for (let key = 0; key < 500; key++) await store.claim(LANE, batchOf([[key, key]]), SIGNAL);
    for (let key = 0; key < 500; key += 10)
      expect([...(await store.claim(LANE, batchOf([[key, 10_000]]), SIGNAL)).coordinates]).toEqual([key]);
    expect(log.loads).toBeGreaterThan(80);
  });

  it("forgets claims older than the kept lifetime in a bucket that every batch touches", async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => undefined };
    const store = packed(new Log(), { ...OPTIONS, clock });
    await store.claim(LANE, batchOf([[1, 10]]), SIGNAL);
    for (let hour = 1; hour <= 4; hour++) {
      now += 0.5 * OPTIONS.horizonMs;
      await store.claim(LANE, batchOf([[1 + hour, 10 + hour]]), SIGNAL);
    }
    expect([
      ...(
        await store.claim(
          LANE,
          batchOf([
            [1, 90],
            [5, 91],
          ]),
          SIGNAL,
        )
      ).coordinates,
    ]).toEqual([90, 14]);
  });

  it("never answers from a bucket that was loaded in part", async () => {
    const log = new Log();
    await packed(log, OPTIONS).claim(LANE, batchOf([[1, 10]]), SIGNAL);
    const store = packed(log, OPTIONS);
    log.fault = (what) => (what === "load" ? "before" : null);
    await expect(store.claim(LANE, batchOf([[1, 20]]), SIGNAL)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    log.fault = () => null;
    expect([...(await store.claim(LANE, batchOf([[1, 20]]), SIGNAL)).coordinates]).toEqual([10]);
  });

  it("forgets a lane that is released: what another instance claimed since is seen", async () => {
    const log = new Log();
    const ours = packed(log, OPTIONS);
    await ours.claim(LANE, batchOf([[1, 10]]), SIGNAL);
    ours.release?.(LANE);
    await packed(log, OPTIONS).claim(LANE, batchOf([[2, 11]]), SIGNAL);
    expect([
      ...(
        await ours.claim(
          LANE,
          batchOf([
            [1, 20],
            [2, 21],
          ]),
          SIGNAL,
        )
      ).coordinates,
    ]).toEqual([10, 11]);
  });
});

/**
 * The protocol in small: a log of keys is processed in batches of any size by instances that crash, are fenced while
 * their appends still fly, and get unknown outcomes. A record is emitted when it owns its key and its batch commits.
 */
async function history(seed: number): Promise<{ emitted: number[]; expected: number[] }> {
  let state = seed;
  const next = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const keys = Array.from({ length: 120 }, (_, i) => Math.max(0, i - next(40)));
  const log = new Log();
  log.fault = () => (["before", "after", null, null, null, null] as const)[next(6)] ?? null;
  const emitted: number[] = [];
  let committed = 0;
  let store = packed(log, { ...OPTIONS, maxClaims: 10 + next(60) });
  while (committed < keys.length) {
    const end = Math.min(keys.length, committed + 1 + next(25));
    const first = new Map<number, number>();
    for (let i = committed; i < end; i++) if (!first.has(keys[i] ?? 0)) first.set(keys[i] ?? 0, i);
    const claims = [...first].map(([key, i]) => [key, i] as const);
    const owners = await store.claim(LANE, batchOf(claims), SIGNAL).catch(() => null);
    const fate = next(10);
    if (fate === 0) store = packed(log, { ...OPTIONS, maxClaims: 10 + next(60) });
    else if (fate === 1) store.release?.(LANE);
    if (next(4) === 0) log.landLate();
    if (owners === null || fate <= 2) continue;
    claims.forEach(([, i], c) => (owners.coordinates[c] ?? -1) >= i && emitted.push(i));
    committed = end;
  }
  return { emitted, expected: keys.flatMap((key, i) => (keys.indexOf(key) === i ? [i] : [])) };
}

/** Where other suites run beside it. */
const HISTORIES_MS = 120_000;

it(
  "emits every first occurrence once, in 2,000 histories of crashes, aborts, late writes and unknown outcomes",
  async () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const { emitted, expected } = await history(seed);
      expect(emitted, `seed ${seed}`).toEqual(expected);
    }
  },
  HISTORIES_MS,
);

it.each([0, -1, Number.NaN])("horizonMs or maxClaims of %d are refused", (wrong) => {
  expect(() => packed(new Log(), { horizonMs: wrong })).toThrow(TypeError);
  expect(() => packed(new Log(), { horizonMs: 1, maxClaims: wrong })).toThrow(TypeError);
});

describe("lookup", () => {
  it("says who owns a key, and that nobody does, and changes nothing", async () => {
    const log = new Log();
    const writer = packed(log, { horizonMs: 1_000 });
    await writer.claim(
      LANE,
      batchOf([
        [1, 100],
        [2, 101],
        [11, 102],
      ]),
      SIGNAL,
    );
    const before = new Map(log.blocks);
    const asking = packed(log, { horizonMs: 1_000 });
    const owners = await asking.lookup?.(
      LANE,
      batchOf([
        [2, 50],
        [3, 51],
        [11, 900],
        [21, 901],
      ]),
      SIGNAL,
    );
    expect([...(owners?.coordinates ?? [])]).toEqual([101, -1, 102, -1]);
    expect([...(owners?.fingerprints ?? [])]).toEqual([707, 0, 714, 0]);
    expect(log.blocks).toEqual(before);
    // Neither in the log nor in memory has the smaller coordinate become the owner.
    const again = await asking.lookup?.(LANE, batchOf([[2, 50]]), SIGNAL);
    expect(again?.coordinates[0]).toBe(101);
    const claimed = await writer.claim(LANE, batchOf([[3, 200]]), SIGNAL);
    expect(claimed.coordinates[0]).toBe(200);
  });

  it("does not answer for a store that is down", async () => {
    const log = new Log();
    log.fault = () => "before";
    const asking = packed(log, { horizonMs: 1_000 });
    await expect(asking.lookup?.(LANE, batchOf([[1, 1]]), SIGNAL)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});
