import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { asError, type KeyStore, TandemError } from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import type { Config } from "../config/schema.ts";

/** What a key store module exports as default. */
export type KeyStoreFactory = (
  options: Readonly<Record<string, unknown>>,
  context: { readonly horizonMs: number },
) => KeyStore | Promise<KeyStore>;

/** The store that the configuration names: our own, or a module of the user's. */
export async function openStore({ dedup: { horizon, store } }: Config, configFile: string): Promise<KeyStore> {
  const { type, ...options } = store;
  if (type === "memory") {
    const { maxClaims } = options as { readonly maxClaims?: number };
    return memoryStore({ horizonMs: horizon, ...(maxClaims === undefined ? {} : { maxClaims }) });
  }
  const factory = await load(type, configFile);
  const made = await factory(options, { horizonMs: horizon });
  if (typeof made?.claim !== "function" || typeof made.close !== "function")
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
      `dedup.store.type: "${type}" cannot be loaded as a key store: ${asError(thrown).message} (known types: memory; or the path or package of a module)`,
      { cause: thrown },
    );
  }
}
