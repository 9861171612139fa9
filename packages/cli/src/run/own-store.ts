import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { asError, type KeyStore, TandemError } from "@tandem-cdc/core";
import { type OwnStore, STORE_TYPES } from "../config/stores/store.ts";

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

/** Opens a store of somebody else's making. */
export async function ownStore(
  { type, ...options }: OwnStore,
  context: StoreContext,
  configFile: string,
): Promise<KeyStore> {
  const factory = await load(type, configFile);
  const made = await factory(options, context);
  if ((["claim", "health", "close"] as const).some((method) => typeof made?.[method] !== "function"))
    throw new TandemError(
      "CONFIG_INVALID",
      `dedup.store.type: the default export of ${type} has to return a KeyStore (claim, health, close)`,
    );
  return made;
}

async function load(type: string, configFile: string): Promise<KeyStoreFactory> {
  const here = resolve(configFile);
  const isPath = type.startsWith(".") || type.startsWith("/");
  try {
    const path = isPath ? resolve(dirname(here), type) : createRequire(here).resolve(type);
    if (isPath && !existsSync(path)) throw new Error(`there is no file ${path}`);
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    if (typeof module.default !== "function") throw new Error("it has no default export that is a function");
    return module.default as KeyStoreFactory;
  } catch (thrown) {
    throw new TandemError(
      "CONFIG_INVALID",
      `dedup.store.type: "${type}" cannot be loaded as a key store: ${asError(thrown).message} (known types: ${STORE_TYPES.join(", ")}; or the path or package of a module)`,
      { cause: thrown },
    );
  }
}
