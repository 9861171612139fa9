import { type BlockStore, checkPacked, type Clock, type KeyStore, orderedBlockStore, packed } from "@tandem-cdc/core";
import { openRocksdb, orderedRocksdb } from "./ordered-rocksdb.ts";
import type { RocksdbDatabase } from "./rocksdb-database.ts";

export interface RocksdbOptions {
  /** The directory of the database, made where it is missing. One process at a time may have it open. */
  readonly path?: string;
  /** Instead of `path`: an opened database without encodings, which stays yours to close. */
  readonly database?: RocksdbDatabase;
  /** The pipeline's name: two pipelines in one database do not meet. */
  readonly namespace: string;
  /** How long claims have to live: longer than one source may be down. They are kept a quarter longer. */
  readonly horizonMs: number;
  readonly clock?: Clock;
}

export interface RocksdbStoreOptions extends RocksdbOptions {
  /** Claims held in memory at most, about 50 bytes each; more are read from the disk again. Default 5 million. */
  readonly maxClaims?: number;
}

/**
 * Claims in RocksDB on this machine's disk. Appends are in the operating system's hands when they are acknowledged, not
 * on the disk: they survive `kill -9`, but the last seconds' may be lost in a power cut. A lane that moves to another
 * machine finds no claims there. Lost claims give duplicates, never loss.
 */
export async function rocksdbStore(options: RocksdbStoreOptions): Promise<KeyStore> {
  // Before the database is opened, which nobody could close.
  checkPacked(options);
  return packed(await rocksdbBlockStore(options), options);
}

/** The blocks below `rocksdbStore`. */
export async function rocksdbBlockStore({ database, path, ...options }: RocksdbOptions): Promise<BlockStore> {
  if ((path === undefined) === (database === undefined))
    throw new TypeError("rocksdbStore takes either a path or an opened database");
  return orderedBlockStore(
    async () => (database === undefined ? openRocksdb(path ?? "") : orderedRocksdb(database, async () => undefined)),
    options,
  );
}
