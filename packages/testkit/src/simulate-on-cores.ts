import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { NOTHING, type SimulationResult, sum } from "./simulate.ts";
import type { Stretch } from "./simulate-worker.ts";

export interface OnCoresOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly workers: number;
  readonly onProgress: (sofar: SimulationResult) => void;
}

/** Histories between two reports of a worker. */
const STRETCH = 100;
/** What a history leaves behind is dead when it ends: room for some of them, and little is ever moved. */
const LIMITS = { maxYoungGenerationSizeMb: 64 };

/** This repository's own pipeline, on several threads. Histories are independent: the result is the same as on one. */
export async function simulateOnCores({ onProgress, seed, seeds, workers }: OnCoresOptions): Promise<SimulationResult> {
  const stretches: Stretch[] = [];
  for (let from = seed; from < seed + seeds; from += STRETCH)
    stretches.push({ seed: from, seeds: Math.min(STRETCH, seed + seeds - from) });
  let result = NOTHING;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("simulate-worker.js", import.meta.url), { resourceLimits: LIMITS });
    try {
      for (let stretch = stretches.shift(); stretch !== undefined; stretch = stretches.shift()) {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(stretch);
        const [made] = (await once(worker, "message")) as [SimulationResult];
        result = sum(result, made);
        onProgress(result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, stretches.length) }, work));
  return { ...result, anomalies: result.anomalies.toSorted((a, b) => a.seed - b.seed) };
}
