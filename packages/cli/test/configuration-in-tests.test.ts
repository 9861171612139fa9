// A configuration as a pipeline in a test.
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testPipeline } from "@tandem-cdc/testkit";
import { afterAll, expect, it } from "vitest";
import { configuration } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-configuration-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = {
  name: "orders",
  kafka: { "bootstrap.servers": "127.0.0.1:1" },
  input: { topics: ["/unused/", "cdc.shop.orders"] },
  dedup: {
    identity: "debezium",
    sources: { header: "connector" },
    horizon: "2h",
    store: { type: "redis", url: "redis://127.0.0.1:1" },
  },
  errors: { tolerance: "all", deadLetter: { topic: "dead", replicationFactor: 1 } },
  transforms: [
    { name: "unwrap", type: "ExtractNewRecordState" },
    { name: "cast", type: "Cast", spec: "total:int32" },
  ],
};

it("is the whole pipeline, without its servers", async () => {
  await testPipeline(configuration(CONFIG))
    .send({ source: "a", after: { id: 1, total: "5" } }, { source: "a", after: { id: 2, total: "many" } })
    .restart()
    .send({ source: "b", after: { id: 1, total: "5" } })
    .expect([{ topic: "dedup.cdc.shop.orders", value: { id: 1, total: 5 } }])
    .expectDeadLetters([{ topic: "dead", stage: "cast", value: { after: { id: 2, total: "many" } } }]);
});

it("keeps claims for the horizon, over restarts", async () => {
  await testPipeline(configuration(CONFIG))
    .send({ source: "a", after: { id: 1, total: 5 } })
    .expect([{ value: { id: 1 } }])
    .restart()
    .advance("1h")
    .send({ source: "b", after: { id: 1, total: 5 } })
    .expectNothing();
});

it("is a file, with what it refers to", async () => {
  const file = join(folder, "tandem.yaml");
  writeFileSync(file, JSON.stringify({ ...CONFIG, output: { prefix: "${env:PREFIX}" } }));
  await testPipeline(configuration(file, { PREFIX: "out." }))
    .send({ source: "a", after: { id: 1, total: 5 } })
    .expect([{ topic: "out.cdc.shop.orders" }]);
});

it("tells what is wrong with it", async () => {
  const wrong = { ...CONFIG, transforms: [{ type: "Casts" }] };
  await expect(testPipeline(configuration(wrong)).expectNothing()).rejects.toThrow("Cast");
});
