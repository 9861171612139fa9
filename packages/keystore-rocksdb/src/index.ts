export { rocksdbBlockStore, type RocksdbOptions, rocksdbStore, type RocksdbStoreOptions } from "./rocksdb-store.ts";
export type { RocksdbDatabase } from "./rocksdb-database.ts";
