import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Before something is measured: what came before is not its cost. Memory of typed arrays is given back between turns. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    gc();
    await setImmediate();
  }
}

/** Bytes of everything that this process still needs: objects, and the memory of typed arrays. */
export async function memoryInUse(): Promise<number> {
  await collectGarbage();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}
