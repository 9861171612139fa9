export { dedup, type DedupOptions } from "./dedup.ts";
export type { RetryOptions } from "./claiming.ts";
export { HASH_NAMES, type HashName, loadHash } from "./hash.ts";
export { memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
