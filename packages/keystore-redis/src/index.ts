export { redisStore, type RedisStoreOptions } from "./redis-store.ts";
export { redisBlockStore } from "./redis-block-store.ts";
export { type RedisBlockStoreOptions } from "./options.ts";
