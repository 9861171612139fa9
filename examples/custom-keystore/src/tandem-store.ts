import { type KeyStore, packed } from "@tandem-cdc/core";
import { fileBlockStore } from "./file-store.ts";

/** What `store: { type: "./tandem-store.js", directory: ... }` in a configuration names. */
export default async function fileStore(
  { directory }: Readonly<Record<string, unknown>>,
  pipeline: { readonly namespace: string; readonly horizonMs: number },
): Promise<KeyStore> {
  if (typeof directory !== "string") throw new TypeError("directory has to name a directory");
  return packed(await fileBlockStore({ directory, ...pipeline }), pipeline);
}
