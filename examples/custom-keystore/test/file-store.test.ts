import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockStore } from "@tandem-cdc/core";
import { blockStoreConformance, keyStoreConformance, packedMaker, report, type StoreMaker } from "@tandem-cdc/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { fileBlockStore } from "../src/file-store.ts";
import fileStore from "../src/tandem-store.ts";

const directory = mkdtempSync(join(tmpdir(), "tandem-files-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const maker: StoreMaker<BlockStore> = {
  manifest: {
    name: "files",
    survives: { restart: true, processCrash: true, powerCut: true, machineLoss: false },
    clients: "shared",
    expiry: "clock",
  },
  open: (place, opening) => fileBlockStore({ directory, namespace: place, ...opening }),
};

describe("as a block store", () => {
  for (const { name, run } of blockStoreConformance(maker)) it(name, run);
});
describe("as a key store", () => {
  for (const { name, run } of keyStoreConformance(packedMaker(maker))) it(name, run);
});

it("says what it is worth", () => {
  expect(report(maker.manifest)).toContain("a power cut                         claims are kept");
});

it("is made by the configuration's options and the pipeline's name and horizon", async () => {
  const pipeline = { namespace: "orders", horizonMs: 1_000 };
  writeFileSync(join(directory, "file"), "");
  await expect(fileStore({ directory: join(directory, "file") }, pipeline)).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  await expect(fileStore({}, pipeline)).rejects.toThrow(TypeError);
  expect(await (await fileStore({ directory }, pipeline)).health()).toEqual({
    ok: true,
    detail: join(directory, "orders"),
  });
});

it("removes old files when it is opened", async () => {
  const lane = { topic: "t", partition: 0 };
  const open = (now: number): Promise<BlockStore> =>
    fileBlockStore({
      directory,
      namespace: "old",
      horizonMs: 1_000,
      clock: { now: () => now, sleep: async () => undefined },
    });
  const files = (): string[] => readdirSync(join(directory, "old", "t-0", "1"));
  await (
    await open(0)
  ).append(lane, [{ bucket: 1, first: 1, last: 1, bytes: Uint8Array.of(1) }], new AbortController().signal);
  await open(1_250);
  expect(files()).toHaveLength(1);
  await open(1_251);
  expect(files()).toEqual([]);
});
