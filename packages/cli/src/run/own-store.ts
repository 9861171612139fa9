import { type KeyStore, TandemError } from "@tandem-cdc/core";
import { type OwnStore, STORE_TYPES } from "../config/stores/store.ts";
import { ownModule, type Wanted } from "./own-module.ts";

const KEY = "dedup.store.type";
const WANTED: Wanted = {
  key: KEY,
  as: "a key store",
  known: STORE_TYPES,
  kind: "a function",
  fits: (found) => typeof found === "function",
};

/** What every store has to know of the pipeline. */
export interface StoreContext {
  /** How long claims have to live. */
  readonly horizonMs: number;
  /** The pipeline's name: claims of two pipelines must not meet. */
  readonly namespace: string;
}

/** What a key store module exports as default. */
export type KeyStoreFactory = (
  options: Readonly<Record<string, unknown>>,
  context: StoreContext,
) => KeyStore | Promise<KeyStore>;

/** What makes it. Opens nothing. */
export async function ownStoreFactory(type: string, configFile: string): Promise<KeyStoreFactory> {
  return (await ownModule(type, configFile, WANTED)) as KeyStoreFactory;
}

/** Opens a store of somebody else's making. */
export async function ownStore(
  { type, ...options }: OwnStore,
  context: StoreContext,
  configFile: string,
): Promise<KeyStore> {
  const factory = await ownStoreFactory(type, configFile);
  const made = await factory(options, context);
  if ((["claim", "health", "close"] as const).some((method) => typeof made?.[method] !== "function"))
    throw new TandemError(
      "CONFIG_INVALID",
      `${KEY}: the default export of ${type} has to return a KeyStore (claim, health, close)`,
    );
  return made;
}
