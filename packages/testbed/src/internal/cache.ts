import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { locked } from "./lock.ts";
import { alive } from "./alive.ts";

const HALF = "half-";

export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return process.env["TANDEM_TESTBED_CACHE"] || join(base, "tandem-testbed");
}

/**
 * The folder `name` of the cache, made by `build` if it is not there. `build` works in a folder beside it that is
 * renamed when complete, so a folder of this name is never half made.
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  return locked(join(cache, `${name}.lock`), async () => {
    if (existsSync(folder)) return folder;
    await removeAbandoned(cache);
    const half = join(cache, `${HALF}${process.pid}-${randomUUID()}`);
    await mkdir(half, { recursive: true });
    try {
      await build(half);
      await rename(half, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error; // another process finished the same folder first
      });
    } finally {
      await rm(half, { recursive: true, force: true });
    }
    return folder;
  });
}

/** What processes left behind that died while building. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith(HALF) || alive(Number(entry.slice(HALF.length).split("-")[0]))) continue;
    await rm(join(cache, entry), { recursive: true, force: true });
  }
}
