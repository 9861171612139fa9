import { createRequire } from "node:module";
import { TandemError } from "@tandem-cdc/core";

/** What is used of a database of rocksdb-native, which has no types of its own. */
export interface RocksdbDatabase {
  ready(): Promise<void>;
  write(options: { readonly autoDestroy: true }): RocksdbWrite;
  iterator(
    range: { readonly gte: Uint8Array; readonly lt: Uint8Array },
    options: { readonly capacity: number; readonly values?: boolean },
  ): AsyncIterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  close(): Promise<void>;
}

export interface RocksdbWrite {
  tryPut(key: Uint8Array, value: Uint8Array): void;
  tryDelete(key: Uint8Array): void;
  flush(): Promise<void>;
}

type RocksdbConstructor = new (path: string) => RocksdbDatabase;

/** A database that is not open yet. The native module is loaded where it is needed only. */
export function rocksdbDatabase(path: string): RocksdbDatabase {
  let Rocks: RocksdbConstructor;
  try {
    Rocks = createRequire(import.meta.url)("rocksdb-native") as RocksdbConstructor;
  } catch (cause) {
    throw new TandemError(
      "NATIVE_MODULE_MISSING",
      "rocksdb-native cannot be loaded on this machine: on Linux it needs libatomic (package libatomic1); or choose another store",
      { cause },
    );
  }
  return new Rocks(path);
}
