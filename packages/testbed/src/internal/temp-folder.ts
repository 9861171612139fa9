import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetFolder, reapFolder } from "./reaper.ts";

/** A new folder in the system's temporary folder; removed when this process ends, if not before. */
export async function tempFolder(kind: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `tandem-${kind}-`));
  reapFolder(path);
  return path;
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
  forgetFolder(path);
}
