// Runs the histories that it is told of, one stretch after the other, in a thread of its own.
import { parentPort } from "node:worker_threads";
import { simulate } from "./simulate.ts";

/** Histories of `seeds` seeds from `seed` on. */
export interface Stretch {
  readonly seed: number;
  readonly seeds: number;
}

parentPort?.on("message", async (stretch: Stretch) => {
  const result = await simulate(stretch);
  parentPort?.postMessage(result);
});
