import { type KeyStore, packed } from "@tandem-cdc/core";
import type { RedisBlockStoreOptions } from "./options.ts";
import { redisBlockStore } from "./redis-block-store.ts";

export interface RedisStoreOptions extends RedisBlockStoreOptions {
  /** Claims held in this process's memory at most. Default 5 million. */
  readonly maxClaims?: number;
}

/** A key store in Redis or Valkey: packed blocks, answered from local tables. */
export async function redisStore({ maxClaims, ...options }: RedisStoreOptions): Promise<KeyStore> {
  const blocks = await redisBlockStore(options);
  return packed(blocks, { horizonMs: options.horizonMs, ...(maxClaims !== undefined && { maxClaims }) });
}
