import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { type BlockStore, type KeyStore, type Lane, packed } from "@tandem-cdc/core";
import { Random } from "../random.ts";
import { claim, digestOf } from "./claim-columns.ts";
import { type ConformanceTest, randomLane, sessionTest, type StoreMaker } from "./conformance.ts";
import { type BlockFault, type FaultyBlockStore, faultyBlockStore } from "./faults.ts";

const FAULTS: readonly BlockFault[] = ["before", "after", "part", "late", "slow"];

/**
 * The protocol in small: a lane of keys is processed in batches by instances that crash, are fenced while their appends
 * still fly, and get unknown outcomes. A record is emitted when it owns its key and its batch commits.
 */
async function emitted(
  keys: readonly number[],
  lane: Lane,
  blocks: FaultyBlockStore,
  random: Random,
): Promise<number[]> {
  // A packed store that "crashes" is left behind unclosed: the block store below it is the same.
  const start = (): KeyStore => packed(blocks, { horizonMs: 3_600_000, maxClaims: 10 + random.below(60) });
  const out: number[] = [];
  let store = start();
  for (let committed = 0; committed < keys.length;) {
    const end = Math.min(keys.length, committed + 1 + random.below(25));
    const firsts = new Map<number, number>();
    for (let i = committed; i < end; i++) if (!firsts.has(keys[i] ?? 0)) firsts.set(keys[i] ?? 0, i);
    const claims = [...firsts].map(([key, coordinate]) => ({
      bucket: Math.floor(key / 10),
      digest: digestOf(key),
      coordinate,
      fingerprint: key,
    }));
    const owners = await claim(store, lane, claims).catch(() => null);
    const fate = random.below(10);
    if (fate === 0) store = start();
    else if (fate === 1) store.release?.(lane);
    if (random.below(4) === 0) await blocks.land();
    if (owners === null || fate <= 2) continue;
    claims.forEach(({ coordinate }, i) => {
      if ((owners[i]?.coordinate ?? -1) >= coordinate) out.push(coordinate);
    });
    committed = end;
  }
  return out;
}

/** `packed` over the store, with every fault that the contract allows. */
export function blockStoreHistories(maker: StoreMaker<BlockStore>): ConformanceTest[] {
  return [
    sessionTest(
      maker,
      "packed over it, every change is emitted once, in histories of crashes, late writes and timeouts",
      async ({ open }) => {
        const store = await open();
        for (let history = 0; history < 10; history++) {
          const seed = randomInt(2 ** 32);
          const random = new Random(seed);
          const keys = Array.from({ length: 120 }, (_, i) => Math.max(0, i - random.below(40)));
          const blocks = faultyBlockStore(store, () => FAULTS[random.below(FAULTS.length * 4)] ?? null);
          const expected = keys.flatMap((key, i) => (keys.indexOf(key) === i ? [i] : []));
          assert.deepEqual(await emitted(keys, randomLane(), blocks, random), expected, `seed ${seed}`);
        }
      },
    ),
  ];
}
