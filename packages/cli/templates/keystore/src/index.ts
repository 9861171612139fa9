import { type KeyStore, packed } from "@tandem-cdc/core";
import { fileBlockStore } from "./store.ts";

/** What `store: { type: ./dist/index.js, directory: ... }` in a configuration names. */
export default async function keyStore(
  { directory }: Readonly<Record<string, unknown>>,
  pipeline: { readonly namespace: string; readonly horizonMs: number },
): Promise<KeyStore> {
  if (typeof directory !== "string") throw new TypeError("directory has to name a directory");
  return packed(await fileBlockStore({ directory, ...pipeline }), pipeline);
}
