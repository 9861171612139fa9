import { testPipeline } from "@tandem-cdc/testkit";
import { test } from "vitest";
import { stages } from "../src/pipeline.ts";

const changes = [{ after: { id: 1, total: 5 } }, { before: { id: 1, total: 5 }, after: { id: 1, total: 6 } }];

test("emits rows, each change of two connectors once, also over a crash", async () => {
  await testPipeline(({ clock, keyStore }) => ({ topic: "cdc.shop.orders", transforms: stages(keyStore, clock) }))
    .send(changes.map((change) => ({ source: "a", ...change })))
    .restart()
    .send(changes.map((change) => ({ source: "b", ...change })))
    .expect([
      { topic: "dedup.cdc.shop.orders", value: { id: 1, total: 5 } },
      { topic: "dedup.cdc.shop.orders", value: { id: 1, total: 6 } },
    ]);
});
