import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockStore } from "@tandem-cdc/core";
import { blockStoreConformance, keyStoreConformance, packedMaker, type StoreMaker } from "@tandem-cdc/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { blockStore } from "../src/block-store.ts";
import __CAMEL__ from "../src/index.ts";

const directory = mkdtempSync(join(tmpdir(), "__NAME__-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the store promises. The suites check that it keeps it. */
const maker: StoreMaker<BlockStore> = {
  manifest: {
    name: "__NAME__",
    survives: { restart: true, processCrash: true, powerCut: true, machineLoss: false },
    clients: "shared",
    expiry: "clock",
  },
  open: (place, opening) => blockStore({ directory, namespace: place, ...opening }),
};

describe("as a block store", () => {
  for (const { name, run } of blockStoreConformance(maker)) test(name, run);
});
describe("as a key store", () => {
  for (const { name, run } of keyStoreConformance(packedMaker(maker))) test(name, run);
});

test("is made by a configuration", async () => {
  const pipeline = { namespace: "orders", horizonMs: 1_000 };
  expect(await (await __CAMEL__({ directory }, pipeline)).health()).toMatchObject({ ok: true });
  await expect(__CAMEL__({}, pipeline)).rejects.toThrow("directory");
});
