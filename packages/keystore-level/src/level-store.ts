import { type BlockStore, checkPacked, type Clock, type KeyStore, orderedBlockStore, packed } from "@tandem-cdc/core";
import { type LevelDatabase, openLevel, orderedLevel } from "./ordered-level.ts";

export interface LevelOptions {
  /** The directory of the database, made where it is missing. One process at a time may have it open. */
  readonly path?: string;
  /** Instead of `path`: an opened database, which stays yours to close. */
  readonly database?: LevelDatabase;
  /** The pipeline's name: two pipelines in one database do not meet. */
  readonly namespace: string;
  /** How long claims have to live: longer than one source may be down. They are kept a quarter longer. */
  readonly horizonMs: number;
  readonly clock?: Clock;
}

export interface LevelStoreOptions extends LevelOptions {
  /** Claims held in memory at most, about 50 bytes each; more are read from the disk again. Default 5 million. */
  readonly maxClaims?: number;
}

/**
 * Claims in LevelDB on this machine's disk, every append synced: they survive `kill -9` and a power cut. A lane that
 * moves to another machine finds none of them there, which gives duplicates, never loss.
 */
export async function levelStore(options: LevelStoreOptions): Promise<KeyStore> {
  // Before the database is opened, which nobody could close.
  checkPacked(options);
  return packed(await levelBlockStore(options), options);
}

/** The blocks below `levelStore`. */
export async function levelBlockStore({ database, path, ...options }: LevelOptions): Promise<BlockStore> {
  if ((path === undefined) === (database === undefined))
    throw new TypeError("levelStore takes either a path or an opened database");
  return orderedBlockStore(
    async () => (database === undefined ? openLevel(path ?? "") : orderedLevel(database, async () => undefined)),
    options,
  );
}
