import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { alive } from "./alive.ts";
import { until } from "./until.ts";

const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Runs `work` while holding the lock file, which names the holder's pid; the lock of a process that is gone is taken
 * over. The lock only saves work: what it guards must bear two at once (build beside, then rename).
 */
export async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(mine, `${process.pid}`);
  try {
    await until(
      `the lock ${path} (remove the file if nobody is preparing)`,
      LONGEST_WAIT_MS,
      () => take(mine, path),
      200,
    );
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function take(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path); // appears with its content, or not at all
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = await readFile(path, "utf8").catch(() => undefined);
  if (holder !== undefined && !alive(Number(holder))) {
    const stale = `${mine}.stale`;
    await rename(path, stale).catch(() => {}); // somebody else was faster
    await rm(stale, { force: true });
  }
  return false;
}
