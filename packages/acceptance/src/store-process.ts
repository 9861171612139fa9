import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url));

/** The module to name in a configuration's `dedup.store.type`. */
export const STORE_MODULE: string = here("store-client.js");

export interface StoreProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the store of the tests as a process of its own. */
export async function startStore(kind: "owner" | "boolean" = "owner"): Promise<StoreProcess> {
  const child = spawn(process.execPath, [here("store-server.js"), ...(kind === "boolean" ? ["--boolean"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    port: Number(port),
    async stop() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
