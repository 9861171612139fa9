import { existsSync } from "node:fs";
import { join } from "node:path";
import { type KeyValue, type OrderedKeyValues, TandemError } from "@tandem-cdc/core";
import { type RocksdbDatabase, rocksdbDatabase } from "./rocksdb-database.ts";

/** Entries that are read at a time: at most 4 MB of blocks. */
const PAGE = 64;
const MOVE_AWAY =
  "Move the directory away and start again: without its claims changes may be emitted twice, none is lost.";

/** Opens the database of a directory, which it owns. */
export async function openRocksdb(path: string): Promise<OrderedKeyValues> {
  if (path === "") throw new TypeError("path has to name a directory");
  // RocksDB would take a LevelDB over, and LevelDB could not open it again.
  if (existsSync(join(path, "CURRENT")) && !existsSync(join(path, "IDENTITY")))
    throw new TandemError(
      "CONFIG_INVALID",
      `${path} holds another database than RocksDB, perhaps a LevelDB: give a directory of its own`,
    );
  const database = rocksdbDatabase(path);
  try {
    await database.ready();
  } catch (error) {
    throw refused(path, error);
  }
  return orderedRocksdb(database, () => database.close());
}

export function orderedRocksdb(database: RocksdbDatabase, close: () => Promise<void>): OrderedKeyValues {
  return {
    write: (entries) => written(database, (batch) => entries.forEach(([key, value]) => batch.tryPut(key, value))),
    async *range(from, to): AsyncGenerator<KeyValue> {
      try {
        for await (const { key, value } of database.iterator({ gte: from, lt: to }, { capacity: PAGE }))
          yield [key, value];
      } catch (error) {
        throw failed(error);
      }
    },
    /** Key by key: RocksDB has range deletions, but so many small ones would slow down every read. */
    async deleteRange(from, to) {
      const keys: Uint8Array[] = [];
      try {
        for await (const { key } of database.iterator({ gte: from, lt: to }, { capacity: PAGE, values: false }))
          keys.push(key);
      } catch (error) {
        throw failed(error);
      }
      if (keys.length > 0) await written(database, (batch) => keys.forEach((key) => batch.tryDelete(key)));
    },
    close: () =>
      close().catch((error: unknown) => {
        throw failed(error);
      }),
  };
}

/** A batch is all or nothing: it is one record of RocksDB's write-ahead log. */
async function written(
  database: RocksdbDatabase,
  fill: (batch: ReturnType<RocksdbDatabase["write"]>) => void,
): Promise<void> {
  try {
    const batch = database.write({ autoDestroy: true });
    fill(batch);
    await batch.flush();
  } catch (error) {
    throw failed(error);
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Why it does not open. RocksDB gives every failure the code EIO; its message tells. */
function refused(path: string, cause: unknown): TandemError {
  const message = messageOf(cause);
  if (/\/LOCK\b/.test(message) && /lock hold|unavailable|no locks/i.test(message))
    return new TandemError(
      "CONFIG_INVALID",
      `the RocksDB at ${path} is open already, in another process or in this one: end the other instance, or give each a path of its own (two pipelines in one process may share an opened database)`,
      { cause },
    );
  if (/not a directory|permission denied|read-only|no such file/i.test(message))
    return new TandemError(
      "CONFIG_INVALID",
      `the RocksDB at ${path} cannot be opened: ${message}. Give a directory that this process may write to.`,
      { cause },
    );
  return new TandemError(
    "STORE_UNSAFE",
    `the RocksDB at ${path} cannot be opened, it may be damaged: ${message}. ${MOVE_AWAY}`,
    { cause },
  );
}

/** Why a call failed. */
function failed(cause: unknown): TandemError {
  if (cause instanceof TandemError) return cause;
  const message = messageOf(cause);
  if (/corruption/i.test(message))
    return new TandemError("STORE_UNSAFE", `RocksDB found its data damaged: ${message}. ${MOVE_AWAY}`, { cause });
  // A database that is closed stays closed.
  const retriable = !/session is closed/i.test(message);
  return new TandemError("STORE_UNAVAILABLE", `RocksDB: ${message}`, { cause, retriable });
}
