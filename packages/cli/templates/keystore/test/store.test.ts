import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockStore } from "@tandem-cdc/core";
import {
  blockStoreConformance,
  keyStoreConformance,
  packedMaker,
  report,
  type StoreMaker,
  testPipeline,
} from "@tandem-cdc/testkit";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { afterAll, describe, expect, it } from "vitest";
import keyStore from "../src/index.ts";
import { fileBlockStore } from "../src/store.ts";

const directory = mkdtempSync(join(tmpdir(), "{{short}}-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the store promises: what is promised and not kept fails, and so does what is kept and not promised. */
const maker: StoreMaker<BlockStore> = {
  manifest: {
    name: "{{short}}",
    survives: { restart: true, processCrash: true, powerCut: true, machineLoss: false },
    clients: "shared",
    expiry: "clock",
  },
  open: (place, opening) => fileBlockStore({ directory, namespace: place, ...opening }),
};

describe("as a block store", () => {
  for (const { name, run } of blockStoreConformance(maker)) it(name, { timeout: 60_000 }, run);
});
describe("as a key store", () => {
  for (const { name, run } of keyStoreConformance(packedMaker(maker))) it(name, { timeout: 60_000 }, run);
});

it("says what it is worth", () => {
  expect(report(maker.manifest)).toContain("claims are kept");
});

it("remembers changes for a pipeline, over a restart too", async () => {
  const pipeline = { namespace: "orders", horizonMs: 3_600_000 };
  await testPipeline(async ({ clock }) => ({
    transforms: [
      dedup({
        identity: debeziumIdentity({ sources: { header: "connector" } }),
        keyStore: await keyStore({ directory }, pipeline),
        clock,
      }),
    ],
  }))
    .send({ source: "a", after: { id: 1 } })
    .expect([{ value: { after: { id: 1 } } }])
    .restart()
    .send({ source: "b", after: { id: 1 } })
    .expectNothing();
});
