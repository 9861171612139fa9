import { setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock } from "@tandem-cdc/core";
import type { StoreManifest, StoreOpening } from "./conformance.ts";

/** Time as the store sees it: moved by hand where it takes a clock, awaited where a server keeps it. */
export interface StoreTime {
  readonly opening: StoreOpening;
  pass(ms: number): Promise<void>;
}

/** On a server: short enough to wait for, long enough for a slow machine. */
const SERVER_HORIZON_MS = 4_000;
const CLOCK_HORIZON_MS = 8 * 3_600_000;

export function storeTime({ expiry }: StoreManifest): StoreTime {
  if (expiry === "server")
    return {
      opening: { horizonMs: SERVER_HORIZON_MS, clock: systemClock },
      pass: (ms) => delay(ms),
    };
  let now = Date.now();
  const clock: Clock = { now: () => now, sleep: () => delay(0) };
  const pass = async (ms: number): Promise<void> => {
    now += ms;
  };
  return { opening: { horizonMs: CLOCK_HORIZON_MS, clock }, pass };
}

/** Asks until the answer is true; forgetting may take its time, but not for ever. */
export async function eventually(question: () => Promise<boolean>, tries = 30): Promise<boolean> {
  for (let i = 0; i < tries; i++) {
    if (await question()) return true;
    await delay(20);
  }
  return false;
}
