import { checkPacked, type KeyStore, packed } from "@tandem-cdc/core";
import { checkOptions, type RedisBlockStoreOptions } from "./options.ts";
import { redisBlockStore } from "./redis-block-store.ts";

export interface RedisStoreOptions extends RedisBlockStoreOptions {
  /** Claims held in this process's memory at most. Default 5 million. */
  readonly maxClaims?: number;
}

/** A key store in Redis or Valkey: packed blocks, answered from local tables. */
export async function redisStore({ maxClaims, ...options }: RedisStoreOptions): Promise<KeyStore> {
  const memory = { horizonMs: options.horizonMs, ...(maxClaims !== undefined && { maxClaims }) };
  // Before anything is connected, which nobody could close.
  checkOptions(options);
  checkPacked(memory);
  return packed(await redisBlockStore(options), memory);
}
