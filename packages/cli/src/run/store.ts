import { dirname, resolve } from "node:path";
import { type KeyStore, TandemError } from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import type { Config } from "../config/schema.ts";
import { type BuiltInStore, isBuiltIn } from "../config/stores/store.ts";
import { ownStore, type StoreContext } from "./own-store.ts";
import { loadPackage } from "./store-packages.ts";
import { StoreRefusal } from "./store-refusal.ts";

const LEVEL = "@tandem-cdc/keystore-level";
const ROCKSDB = "@tandem-cdc/keystore-rocksdb";
const REDIS = "@tandem-cdc/keystore-redis";
const CASSANDRA = "@tandem-cdc/keystore-cassandra";

/** The store that the configuration names, ready for claims: our own, or a module of the user's. One try. */
export async function openStore({ dedup: { horizon, store }, name }: Config, configFile: string): Promise<KeyStore> {
  const context = { horizonMs: horizon, namespace: name };
  if (!isBuiltIn(store)) return ownStore(store, context, configFile);
  const make = await makerOf(store, dirname(resolve(configFile)));
  try {
    return await make(context);
  } catch (thrown) {
    // An error that waiting mends stays what it is.
    throw thrown instanceof TandemError && !thrown.retriable ? new StoreRefusal(thrown, thrown) : thrown;
  }
}

type Maker = (context: StoreContext) => KeyStore | Promise<KeyStore>;

/** Loads what the store needs; the maker then opens it. */
async function makerOf(store: BuiltInStore, folder: string): Promise<Maker> {
  if (store.type === "memory") {
    const { maxClaims } = store;
    return ({ horizonMs }) => memoryStore({ horizonMs, maxClaims });
  }
  if (store.type === "level") {
    const { type: _, path, ...options } = store;
    const { levelStore } = await loadPackage(LEVEL, () => import("@tandem-cdc/keystore-level"));
    return (context) => levelStore({ ...options, ...context, path: resolve(folder, path) });
  }
  if (store.type === "rocksdb") {
    const { type: _, path, ...options } = store;
    const { rocksdbStore } = await loadPackage(ROCKSDB, () => import("@tandem-cdc/keystore-rocksdb"));
    return (context) => rocksdbStore({ ...options, ...context, path: resolve(folder, path) });
  }
  if (store.type === "redis") {
    const { type: _, ...options } = store;
    const { redisStore } = await loadPackage(REDIS, () => import("@tandem-cdc/keystore-redis"));
    return (context) => redisStore({ ...options, ...context });
  }
  const { type: _, ...options } = store;
  const { cassandraStore } = await loadPackage(CASSANDRA, () => import("@tandem-cdc/keystore-cassandra"));
  return (context) => cassandraStore({ ...options, ...context });
}
