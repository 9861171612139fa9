import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type BlockStore, type KeyStore, TandemError } from "@tandem-cdc/core";
import { blockStoreConformance, keyStoreConformance, packedMaker, report, type StoreMaker } from "@tandem-cdc/testkit";
import { ClassicLevel } from "classic-level";
import { afterAll, describe, expect, it, vi } from "vitest";
import { levelBlockStore, levelStore } from "../src/index.ts";

const root = mkdtempSync(join(tmpdir(), "tandem-level-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fresh = (name: string): string => join(root, name);
const NEVER = new AbortController().signal;
const LANE = { topic: "cdc.orders", partition: 0 };
const HOUR_MS = 3_600_000;

/** The claims of the pipeline "orders" on this machine's disk. */
function openStore(path: string): Promise<KeyStore> {
  return levelStore({ path, namespace: "orders", horizonMs: 2 * 24 * 3_600_000 });
}

const maker: StoreMaker<BlockStore> = {
  manifest: {
    name: "LevelDB",
    survives: { restart: true, processCrash: true, powerCut: true, machineLoss: false },
    clients: "exclusive",
    expiry: "clock",
  },
  open: (place, opening) => levelBlockStore({ path: fresh(place), namespace: "shop", ...opening }),
};

describe("conforms as a block store", () => {
  for (const { name, run } of blockStoreConformance(maker)) it(name, run);
});
describe("conforms as a key store", () => {
  for (const { name, run } of keyStoreConformance(packedMaker(maker))) it(name, run);
});
it("is opened as the README says, with the directories on the way", async () => {
  const store = await openStore(fresh("a/b/c"));
  expect(await store.health()).toEqual({ ok: true });
  await store.close();
});

it("buys what it says", () => {
  expect(report(maker.manifest)).toContain(
    "another instance takes a lane over  finds none when it runs on another machine",
  );
});

async function loaded(
  store: BlockStore,
  bucket: number,
): Promise<{ first: number; last: number; bytes: Uint8Array }[]> {
  const blocks = [];
  for await (const block of store.load(LANE, bucket, NEVER)) blocks.push(block);
  return blocks;
}

it("keeps what it acknowledged when its process is killed in the middle of appends", async () => {
  const path = fresh("killed");
  const child = spawn(process.execPath, [fileURLToPath(new URL("fixtures/appender.mjs", import.meta.url)), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let acknowledged = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 60) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  expect(acknowledged).toBeGreaterThanOrEqual(60);
  const store = await levelBlockStore({ path, namespace: "killed", horizonMs: HOUR_MS });
  const found = new Set<number>();
  for (let bucket = 0; bucket < 7; bucket++)
    for (const { bytes, first } of await loaded(store, bucket)) {
      expect([...bytes]).toEqual([...new Uint8Array(1_000).fill(first % 251)]);
      found.add(first);
    }
  for (let i = 0; i <= acknowledged; i++) expect(found.has(i), `block ${i} of ${acknowledged}`).toBe(true);
  await store.close();
});

it("refuses a directory that another process has open, and says which", async () => {
  const path = fresh("shared");
  const child = spawn(process.execPath, [fileURLToPath(new URL("fixtures/appender.mjs", import.meta.url)), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  await expect(levelStore({ path, namespace: "shop", horizonMs: HOUR_MS })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    retriable: false,
    message: expect.stringContaining(`the LevelDB at ${path} is open already`),
  });
  child.kill("SIGKILL");
  await exited;
  await (await levelStore({ path, namespace: "shop", horizonMs: HOUR_MS })).close();
});

it("syncs every append before it is acknowledged", async () => {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(fresh("synced"));
  const asked: unknown[] = [];
  const batch = database.batch.bind(database);
  vi.spyOn(database, "batch").mockImplementation((...call: unknown[]) => {
    asked.push(call[1]);
    return Reflect.apply(batch, database, call);
  });
  const store = await levelBlockStore({ database, namespace: "shop", horizonMs: HOUR_MS });
  await store.append(LANE, [{ bucket: 1, first: 1, last: 1, bytes: Uint8Array.of(1) }], NEVER);
  expect(asked).toEqual([expect.objectContaining({ sync: true })]);
  await database.close();
});

it("leaves a database that it was handed open, and keeps pipelines in it apart", async () => {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(fresh("handed"));
  const [one, other] = [
    await levelBlockStore({ database, namespace: "one", horizonMs: HOUR_MS }),
    await levelBlockStore({ database, namespace: "one1", horizonMs: HOUR_MS }),
  ];
  const block = { bucket: 1, first: 1, last: 1, bytes: Uint8Array.of(1) };
  await one.append(LANE, [block], NEVER);
  await one.close();
  expect(await loaded(other, 1)).toEqual([]);
  await other.append(LANE, [block], NEVER);
  expect(await loaded(other, 1)).toHaveLength(1);
  await database.close();
  await expect(other.append(LANE, [block], NEVER)).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    retriable: false,
  });
  await expect(loaded(other, 1)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retriable: false });
  expect(await other.health()).toMatchObject({ ok: false });
});

describe("refuses at construction", () => {
  const options = { namespace: "shop", horizonMs: HOUR_MS };
  it("a path that is a file", async () => {
    writeFileSync(fresh("file"), "");
    await expect(levelStore({ ...options, path: fresh("file") })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
  it("a database that is damaged, with advice", async () => {
    const path = fresh("damaged");
    await (await levelStore({ ...options, path })).close();
    writeFileSync(join(path, "CURRENT"), "nonsense");
    const error: unknown = await levelStore({ ...options, path }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TandemError);
    expect(error).toMatchObject({ code: "STORE_UNSAFE", message: expect.stringContaining("none is lost") });
  });
  it("neither or both of path and database, an empty namespace, no horizon", async () => {
    const path = fresh("refused");
    await expect(levelStore(options)).rejects.toThrow(TypeError);
    await expect(levelStore({ ...options, path, namespace: "" })).rejects.toThrow(TypeError);
    await expect(levelStore({ ...options, path, horizonMs: 0 })).rejects.toThrow(TypeError);
    await expect(levelStore({ ...options, path, maxClaims: 0 })).rejects.toThrow(TypeError);
    await expect(
      levelStore({ ...options, path, database: {} as ClassicLevel<Uint8Array, Uint8Array> }),
    ).rejects.toThrow(TypeError);
  });
});

it("drops old buckets from the disk, at the opening and while it runs", async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: async () => undefined };
  const path = fresh("old");
  const entries = async (): Promise<number> => {
    const database = new ClassicLevel(path);
    const keys = await database.keys().all();
    await database.close();
    return keys.length;
  };
  const block = (bucket: number): { bucket: number; first: number; last: number; bytes: Uint8Array } => ({
    bucket,
    first: bucket,
    last: bucket,
    bytes: Uint8Array.of(1),
  });
  const open = (): Promise<BlockStore> => levelBlockStore({ path, namespace: "shop", horizonMs: HOUR_MS, clock });
  let store = await open();
  for (let bucket = 0; bucket < 50; bucket++) await store.append(LANE, [block(bucket)], NEVER);
  await store.close();
  expect(await entries()).toBe(100);
  now += HOUR_MS;
  store = await open();
  await store.append(LANE, [block(7)], NEVER);
  now += HOUR_MS / 2;
  // While it runs: a write lets the buckets go that are 1.5 hours old.
  for (const bucket of [0, 6, 49]) {
    const goes = async (): Promise<unknown[]> => {
      await store.append(LANE, [block(60)], NEVER);
      return loaded(store, bucket);
    };
    await expect.poll(goes, { timeout: 20_000 }).toEqual([]);
  }
  expect(await loaded(store, 7)).toHaveLength(1);
  await store.close();
  expect(await entries()).toBe(4);
  now += HOUR_MS * 2;
  store = await open();
  await expect.poll(() => loaded(store, 60), { timeout: 20_000 }).toEqual([]);
  await store.close();
  expect(await entries()).toBe(0);
});
