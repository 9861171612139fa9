import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asError, type ClaimBatch, type Lane } from "@tandem-cdc/core";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { openStore } from "../run/store.ts";

/** What the pipeline's store says of a key: its owner, null where it has none, or why it cannot be asked. */
export type StoreAnswer = { readonly owner: number | null } | { readonly silent: string };

/** Asks the store that the configuration names, without claiming, and leaves nothing open. */
export async function storeOwner(
  config: Config,
  configFile: string,
  lane: Lane,
  claims: ClaimBatch,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const cannot = unreachable(config, configFile);
  if (cannot !== undefined) return { silent: cannot };
  try {
    const store = await openStore(withoutMaking(config), configFile);
    try {
      if (store.lookup === undefined) return { silent: "it has no lookup" };
      const owner = (await store.lookup(lane, claims, signal)).coordinates[0] ?? -1;
      return { owner: owner < 0 ? null : owner };
    } finally {
      await store.close();
    }
  } catch (thrown) {
    return { silent: asError(thrown).message };
  }
}

function unreachable({ dedup: { store } }: Config, configFile: string): string | undefined {
  if (!isBuiltIn(store)) return undefined;
  if (store.type === "memory") return "it is the memory of the process that runs the pipeline";
  if ((store.type === "level" || store.type === "rocksdb") && !existsSync(resolve(dirname(configFile), store.path)))
    return `there is no folder ${store.path} on this machine`;
  return undefined;
}

/** A store that is not there is not made: nobody asked for that. */
function withoutMaking(config: Config): Config {
  const { store } = config.dedup;
  if (!isBuiltIn(store) || store.type !== "cassandra") return config;
  return { ...config, dedup: { ...config.dedup, store: { ...store, createKeyspace: false } } };
}
