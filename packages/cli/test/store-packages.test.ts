import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TandemError } from "@tandem-cdc/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { failureOf } from "../src/failure.ts";
import { loadConfig } from "../src/index.ts";
import { openStore } from "../src/run/store.ts";
import { loadPackage } from "../src/run/store-packages.ts";
import { COMMAND } from "./command.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

const open = vi.hoisted(() => vi.fn<(options: object) => Promise<object>>());
vi.mock("@tandem-cdc/keystore-level", () => ({ levelStore: open }));
vi.mock("@tandem-cdc/keystore-rocksdb", () => ({ rocksdbStore: open }));
vi.mock("@tandem-cdc/keystore-redis", () => ({ redisStore: open }));
vi.mock("@tandem-cdc/keystore-cassandra", () => ({ cassandraStore: open }));

const STORE = { claim: () => undefined, health: () => undefined, close: () => undefined };

beforeEach(() => void open.mockReset().mockResolvedValue(STORE));

function configured(store: Tree): string {
  return file(
    least((c) => {
      put(c, ["dedup", "store"], store);
      put(c, ["dedup", "horizon"], "1h");
      put(c, ["metrics", "enabled"], false);
    }),
    "tandem.json",
  );
}

function openConfigured(store: Tree): Promise<unknown> {
  const path = configured(store);
  return openStore(loadConfig(path).config, path);
}

describe("the stores' packages", () => {
  const context = { namespace: "orders", horizonMs: 3_600_000, maxClaims: 5_000_000 };

  it.each(["level", "rocksdb"])(
    "%s gets the folder beside the configuration, the pipeline's name and the horizon",
    async (type) => {
      const path = configured({ type, path: "claims/a" });
      expect(await openStore(loadConfig(path).config, path)).toBe(STORE);
      expect(open).toHaveBeenCalledExactlyOnceWith({ ...context, path: join(dirname(path), "claims/a") });
    },
  );

  it("redis gets its keys, the pipeline's name and the horizon", async () => {
    const store = { sentinels: ["127.0.0.1:1"], name: "claims", tls: { ca: "PEM" }, password: "secret" };
    await openConfigured({ type: "redis", ...store });
    const filled = { keyPrefix: "tandem:", allowEviction: false, timeoutMs: 5_000 };
    expect(open).toHaveBeenCalledExactlyOnceWith({ ...context, ...store, ...filled });
  });

  it("cassandra gets its keys, the pipeline's name and the horizon", async () => {
    const store = { contactPoints: ["127.0.0.1"], localDataCenter: "dc1", keyspace: "t", tls: true };
    await openConfigured({ type: "cassandra", ...store });
    expect(open).toHaveBeenCalledExactlyOnceWith({
      ...context,
      ...store,
      table: "tandem_claims",
      consistency: "LOCAL_QUORUM",
      acceptWeakConsistency: false,
      createKeyspace: true,
      requestTimeoutMs: 5_000,
      concurrency: 64,
    });
  });

  it.each(["CONFIG_INVALID", "STORE_UNSAFE"] as const)(
    "a refusal (%s) keeps its code and exits 1: the file may be right",
    async (code) => {
      open.mockRejectedValue(new TandemError(code, "WRONGPASS, check it"));
      const refusal = await openConfigured({ type: "redis", url: "redis://a:1" }).catch((thrown: unknown) => thrown);
      expect(failureOf(refusal)).toEqual({ text: `tandem failed ${code}: WRONGPASS, check it`, exitCode: 1 });
    },
  );

  it("what waiting mends stays what it is", async () => {
    const down = new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
    open.mockRejectedValue(down);
    await expect(openConfigured({ type: "redis", url: "redis://a:1" })).rejects.toBe(down);
  });
});

describe("a package that is not installed", () => {
  it("is asked for by name, exit 2", () => {
    const { code, stderr } = withoutStores(configured({ type: "redis", url: "redis://127.0.0.1:1" }));
    expect(stderr).toBe(
      "tandem failed CONFIG_INVALID: dedup.store: this type of store is a package of its own, which is not installed: npm install @tandem-cdc/keystore-redis\n",
    );
    expect(code).toBe(2);
  });

  it("is told from one that does not load", async () => {
    const broken = Object.assign(new Error("Cannot find package 'leveldown' imported from x"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    await expect(loadPackage("@tandem-cdc/keystore-level", () => Promise.reject(broken))).rejects.toMatchObject({
      code: "NATIVE_MODULE_MISSING",
      message: "@tandem-cdc/keystore-level cannot be loaded: Cannot find package 'leveldown' imported from x",
    });
  });
});

/** `tandem run` where no store package is installed: the built command with every other package that it needs. */
function withoutStores(config: string): { readonly code: number | null; readonly stderr: string } {
  const here = folder();
  const root = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  const cli = dirname(dirname(COMMAND));
  for (const part of ["bin", "dist", "package.json"])
    cpSync(join(cli, part), join(here, "cli", part), { recursive: true });
  for (const name of readdirSync(root))
    if (name !== "@tandem-cdc" && !name.startsWith(".")) link(join(root, name), join(here, "node_modules", name));
  for (const name of readdirSync(join(root, "@tandem-cdc")))
    if (!name.startsWith("keystore-"))
      link(join(root, "@tandem-cdc", name), join(here, "node_modules/@tandem-cdc", name));
  // What npm did not hoist.
  const own = join(cli, "node_modules");
  for (const name of existsSync(own) ? readdirSync(own).filter((each) => !each.startsWith(".")) : [])
    link(join(own, name), join(here, "cli/node_modules", name));
  writeFileSync(join(here, "package.json"), "{}");
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(here, "cli/bin/tandem.cjs"), "run", "--config", config],
    { encoding: "utf8" },
  );
  return { code: status, stderr };
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
