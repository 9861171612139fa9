export { levelBlockStore, type LevelOptions, levelStore, type LevelStoreOptions } from "./level-store.ts";
export type { LevelDatabase } from "./ordered-level.ts";
