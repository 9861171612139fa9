import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Before something is measured: what came before is not its cost. */
export function collectGarbage(): void {
  gc();
  gc();
}

/** Bytes of everything that this process still needs: objects, and the memory of typed arrays. */
export function memoryInUse(): number {
  collectGarbage();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}
