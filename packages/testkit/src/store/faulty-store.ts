import { type ClaimBatch, type Clock, type KeyStore, type Lane, type Owners, TandemError } from "@tandem-cdc/core";
import type { Strikes } from "../faults.ts";
import type { Random } from "../random.ts";
import { copyClaims } from "./claims.ts";

export interface FaultyStoreOptions {
  readonly random: Random;
  /** Of the process that uses the store: what it has not sent when it dies is never written. */
  readonly clock: Clock;
  readonly faults: Strikes;
  /** True while nobody can reach the store. */
  readonly down?: () => boolean;
}

function timedOut(why: string): TandemError {
  return new TandemError("STORE_UNAVAILABLE", `${why} (a fault of the simulation)`, { retriable: true });
}

/**
 * A key store behind a bad network: slow, down for a while, timing out before the write or after it, with a part of the
 * batch written, or with a write that arrives long after it was given up. It never lies.
 */
export function faultyStore(
  store: KeyStore,
  { clock, down = () => false, faults, random }: FaultyStoreOptions,
): KeyStore {
  const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
    await clock.sleep(ms, signal);
    signal.throwIfAborted();
  };
  const late = async (lane: Lane, claims: ClaimBatch): Promise<void> => {
    await clock.sleep(random.between(500, 30_000));
    await store.claim(lane, claims, new AbortController().signal);
  };
  async function claim(lane: Lane, batch: ClaimBatch, signal: AbortSignal): Promise<Owners> {
    const claims = copyClaims(batch);
    await wait(random.between(0.2, faults.strikes("store-slow") ? 3_000 : 4), signal);
    if (down()) {
      await wait(random.between(50, 1_000), signal);
      throw timedOut("the store is down");
    }
    if (faults.strikes("store-timeout-before-write")) throw timedOut("timed out before the write");
    if (faults.strikes("store-late-write")) {
      void late(lane, claims);
      throw timedOut("timed out; the write is on its way");
    }
    if (faults.strikes("store-partial-write")) {
      const from = random.below(claims.length + 1);
      await store.claim(lane, copyClaims(claims, from, from + random.below(claims.length + 1 - from)), signal);
      throw timedOut("timed out with a part of the batch written");
    }
    const owners = await store.claim(lane, claims, signal);
    if (faults.strikes("store-timeout-after-write")) throw timedOut("timed out after the write");
    await wait(random.between(0.2, 4), signal);
    return owners;
  }
  const faulty: KeyStore = {
    claim,
    health: async () => (down() ? { ok: false, detail: "down" } : store.health()),
    close: () => store.close(),
  };
  if (store.release !== undefined) faulty.release = (lane) => store.release?.(lane);
  return faulty;
}
