import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyStore } from "@tandem-cdc/core";
import { levelStore } from "@tandem-cdc/keystore-level";
import { rocksdbStore } from "@tandem-cdc/keystore-rocksdb";
import { ClassicLevel } from "classic-level";
import { diskUsage } from "./disk-usage.ts";
import { plainEntries } from "./plain-entries.ts";
import { type Contestant, HORIZON_MS } from "./subject.ts";

/** Each write is synced, in both forms. */
export function level(): Promise<Contestant> {
  return inFolder((path) => levelStore({ path, namespace: "bench", horizonMs: HORIZON_MS }), plainLevel);
}

/** No write is synced: its binding cannot. */
export function rocksdb(): Promise<Contestant> {
  return inFolder((path) => rocksdbStore({ path, namespace: "bench", horizonMs: HORIZON_MS }), plainRocksdb);
}

type Open = (path: string) => Promise<KeyStore>;

/** A folder of this machine; as a baseline, a key for each claim. */
async function inFolder(packed: Open, plain: Open): Promise<Contestant> {
  const folder = await mkdtemp(join(tmpdir(), "tandem-bench-"));
  const subject = (name: string, open: Open): Contestant["packed"] => {
    const path = join(folder, name);
    return { open: () => open(path), bytes: () => diskUsage(path) };
  };
  return {
    packed: subject("packed", packed),
    plain: subject("plain", plain),
    stop: () => rm(folder, { recursive: true }),
  };
}

async function plainLevel(path: string): Promise<KeyStore> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  await db.open();
  return plainEntries({
    get: (keys) => db.getMany([...keys]),
    put: (entries) =>
      db.batch(
        entries.map(([key, value]) => ({ type: "put", key, value })),
        { sync: true },
      ),
    close: () => db.close(),
  });
}

/** What is used of rocksdb-native, which has no types of its own. */
interface Rocksdb {
  ready(): Promise<void>;
  read(options: { readonly autoDestroy: true }): {
    get(key: Uint8Array): Promise<Uint8Array | null>;
    flush(): Promise<void>;
  };
  write(options: { readonly autoDestroy: true }): {
    tryPut(key: Uint8Array, value: Uint8Array): void;
    flush(): Promise<void>;
  };
  close(): Promise<void>;
}

async function plainRocksdb(path: string): Promise<KeyStore> {
  const Rocks = createRequire(import.meta.url)("rocksdb-native") as new (path: string) => Rocksdb;
  const db = new Rocks(path);
  await db.ready();
  return plainEntries({
    async get(keys) {
      const batch = db.read({ autoDestroy: true });
      const values = keys.map((key) => batch.get(key));
      await batch.flush();
      return Promise.all(values);
    },
    async put(entries) {
      const batch = db.write({ autoDestroy: true });
      for (const [key, value] of entries) batch.tryPut(key, value);
      await batch.flush();
    },
    close: () => db.close(),
  });
}
