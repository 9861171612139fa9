import type { ClaimBatch, KeyStore, Owners } from "@tandem-cdc/core";
import { percentiles } from "../percentiles.ts";
import { threadCpuMicros } from "../process-usage.ts";
import { collectGarbage } from "./memory-in-use.ts";
import type { Load } from "./claim-load.ts";

export interface ClaimRate {
  readonly claims: number;
  readonly claimsPerSecond: number;
  /** Of one batch, from the call to its answer, while the other lanes have theirs under way. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the thread that runs JavaScript, by the kernel's account of that thread. */
  readonly jsMicrosPerClaim: number;
}

/** Claims all batches: each lane one after the other, the lanes at the same time, as the runtime does. */
export async function claimRate(store: KeyStore, loads: readonly Load[]): Promise<ClaimRate> {
  const { signal } = new AbortController();
  const latencies: number[] = [];
  const drain = async ({ batches, lane }: Load): Promise<Owners[]> => {
    const answers: Owners[] = [];
    for (const batch of batches) {
      const began = performance.now();
      answers.push(await store.claim(lane, batch, signal));
      latencies.push((performance.now() - began) * 1_000);
    }
    return answers;
  };
  await collectGarbage();
  const cpu = threadCpuMicros();
  const began = performance.now();
  const answers = await Promise.all(loads.map(drain));
  const seconds = (performance.now() - began) / 1_000;
  const micros = threadCpuMicros() - cpu;
  const claims = loads.flatMap(({ batches }) => batches).reduce((sum, { length }) => sum + length, 0);
  loads.forEach((load, i) => check(load, answers[i] ?? []));
  const [p50 = 0, p99 = 0] = percentiles(latencies, [50, 99]).map((us) => Math.round(us / 10) / 100);
  return {
    claims,
    claimsPerSecond: Math.round(claims / seconds),
    p50Ms: p50,
    p99Ms: p99,
    jsMicrosPerClaim: Math.round((micros / claims) * 1_000) / 1_000,
  };
}

/** A store that answers wrongly is not fast. */
function check({ batches, lane, winners }: Load, answers: readonly Owners[]): void {
  const wins = ({ coordinates, length }: ClaimBatch, owners: Owners | undefined): number =>
    coordinates.subarray(0, length).reduce((won, own, i) => won + (owners?.coordinates[i] === own ? 1 : 0), 0);
  for (const [i, batch] of batches.entries()) {
    const won = wins(batch, answers[i]);
    if (won !== winners)
      throw new Error(`batch ${i} of ${lane.topic}-${lane.partition}: ${won} claims won, not ${winners}`);
  }
}
