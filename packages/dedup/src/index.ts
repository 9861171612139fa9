export { dedup, type DedupOptions } from "./dedup.ts";
export type { LateFate } from "./decide.ts";
export type { RetryOptions } from "./claiming.ts";
export { HASH_NAMES, type HashName, loadHash } from "./hash.ts";
export { type MemoryStore, memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export type { RebuildOptions } from "./past.ts";
export { Columns } from "./columns.ts";
export { merge, type Merged, merged, type MergeOptions, type MergeRule } from "./merge.ts";
