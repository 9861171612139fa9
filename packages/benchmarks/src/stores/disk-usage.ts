import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Bytes of all files under these folders. Files that vanish meanwhile (a compaction) count nothing. */
export async function diskUsage(...folders: readonly string[]): Promise<number> {
  const files = await filesUnder(...folders);
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

export async function filesUnder(...folders: readonly string[]): Promise<string[]> {
  const of = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  return (await Promise.all(folders.map(of))).flat();
}

/** Asks the system to forget what it holds of these files in memory; false where it has no `dd` that can ask. */
export async function dropFromCache(files: readonly string[]): Promise<boolean> {
  const drop = (file: string): Promise<unknown> => run("dd", [`if=${file}`, "iflag=nocache", "count=0"]);
  return Promise.all(files.map(drop)).then(
    () => files.length > 0,
    () => false,
  );
}
