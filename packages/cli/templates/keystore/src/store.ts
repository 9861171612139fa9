import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BlockStore, type Clock, type StoredBlock, systemClock, TandemError } from "@tandem-cdc/core";

export interface FileStoreOptions {
  readonly directory: string;
  readonly namespace: string;
  readonly horizonMs: number;
  readonly clock?: Clock;
}

/** `<directory>/<namespace>/<lane>/<bucket>/<one for each append>.json`. What is appended twice lies in two files. */
export async function fileBlockStore(options: FileStoreOptions): Promise<BlockStore> {
  const { clock = systemClock, directory, horizonMs, namespace } = options;
  const root = join(directory, encodeURIComponent(namespace));
  const isOld = async (path: string): Promise<boolean> => clock.now() - (await stat(path)).mtimeMs > horizonMs * 1.25;
  await mkdir(root, { recursive: true }).catch(unavailable);
  for (const name of await readdir(root, { recursive: true }))
    if (/\.(json|part)$/.test(name) && (await isOld(join(root, name)).catch(() => false)))
      await rm(join(root, name), { force: true });
  return {
    async *load(lane, bucket, signal): AsyncGenerator<StoredBlock> {
      signal.throwIfAborted();
      const folder = join(root, `${lane.topic}-${lane.partition}`, `${bucket}`);
      const names = await readdir(folder).catch((error) => (error.code === "ENOENT" ? [] : unavailable(error)));
      const found = new Map<string, StoredBlock>();
      for (const name of names.filter((name) => name.endsWith(".json"))) {
        signal.throwIfAborted();
        if (await isOld(join(folder, name)).catch(unavailable)) continue;
        const blocks = JSON.parse(await readFile(join(folder, name), "utf8").catch(unavailable)) as Written[];
        for (const [first, last, bytes] of blocks)
          found.set(`${first}-${last}`, { first, last, bytes: Buffer.from(bytes, "base64") });
      }
      yield* found.values();
    },
    async append(lane, blocks, signal) {
      signal.throwIfAborted();
      for (const bucket of new Set(blocks.map((block) => block.bucket))) {
        const own = blocks.filter((block) => block.bucket === bucket);
        const written = own.map((b): Written => [b.first, b.last, Buffer.from(b.bytes).toString("base64")]);
        const folder = join(root, `${lane.topic}-${lane.partition}`, `${bucket}`);
        await write([folder, dirname(folder), root], JSON.stringify(written), clock.now()).catch(unavailable);
      }
    },
    health: async () => ({ ok: true, detail: root }),
    async close() {},
  };
}

type Written = readonly [first: number, last: number, base64: string];

/** Writes a file that is there whole or not at all, even if the power fails; `folders` hold it, the nearest first. */
async function write(folders: readonly [string, ...string[]], text: string, now: number): Promise<void> {
  await mkdir(folders[0], { recursive: true });
  const path = join(folders[0], randomUUID());
  await using(`${path}.part`, "w", (file) => file.writeFile(text).then(() => file.utimes(now / 1_000, now / 1_000)));
  await rename(`${path}.part`, `${path}.json`);
  for (const folder of folders) await using(folder, "r", async () => undefined);
}

/** Opens, uses, syncs and closes. */
async function using(
  path: string,
  flags: "r" | "w",
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

function unavailable(cause: unknown): never {
  throw new TandemError("STORE_UNAVAILABLE", `the file store: ${String(cause)}`, { cause, retriable: true });
}
