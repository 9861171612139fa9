// Runs the histories that it is told of, one stretch after the other, in a thread of its own.
import { parentPort } from "node:worker_threads";
import { simulate } from "./simulate.ts";

/** Histories of `seeds` seeds from `seed` on. */
export interface Stretch {
  readonly seed: number;
  readonly seeds: number;
}

parentPort?.on("message", (stretch: Stretch) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void simulate(stretch).then((result) => parentPort?.postMessage(result));
});
