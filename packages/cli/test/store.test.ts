import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../src/index.ts";
import { openStore } from "../src/run/store.ts";
import { folder, least, put, type Tree } from "./support.ts";

/** The store that a configuration opens, with a module `store.mjs` beside it. */
async function open(store: Tree, module = ""): Promise<unknown> {
  const here = folder();
  writeFileSync(join(here, "store.mjs"), module);
  const path = join(here, "tandem.json");
  writeFileSync(
    path,
    least((c) => [put(c, ["dedup", "store"], store), put(c, ["dedup", "horizon"], "1h")]),
  );
  return openStore(loadConfig(path).config, path);
}

it("hands a store of one's own its options as they stand, and the horizon", async () => {
  const made = await open(
    { type: "./store.mjs", url: "redis://127.0.0.1", rebuild: true, nested: { deep: ["x"] } },
    "export default async (options, context) => ({ claim() {}, health() {}, close() {}, options, context });",
  );
  expect(made).toMatchObject({
    options: { url: "redis://127.0.0.1", rebuild: true, nested: { deep: ["x"] } },
    context: { horizonMs: 3_600_000, namespace: "orders" },
  });
  expect(made).not.toHaveProperty("options.type");
});

it("opens the memory store with its bound", async () => {
  const store = (await open({ type: "memory", maxClaims: 5_000 })) as { health(): Promise<{ detail?: string }> };
  expect(await store.health()).toEqual({ ok: true, detail: "0 claims of at most 5000, in 0 bytes" });
});

it.each<[string, Tree, string, RegExp]>([
  [
    "a file that is not there",
    { type: "./none.js" },
    "",
    /"\.\/none\.js" cannot be loaded as a key store: there is no file .*none\.js \(known types: memory, level, rocksdb, redis, cassandra; or the path or package of a module\)/,
  ],
  ["a package that is not there", { type: "@nobody/store" }, "", /"@nobody\/store" cannot be loaded as a key store/],
  [
    "a module without a factory",
    { type: "./store.mjs" },
    "export const store = 1;",
    /no default export that is a function/,
  ],
  [
    "a factory that returns no store",
    { type: "./store.mjs" },
    "export default () => ({ health() {}, close() {} });",
    /has to return a KeyStore \(claim, health, close\)/,
  ],
])("refuses %s", async (_, store, module, message) => {
  await expect(open(store, module)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(message),
  });
});
