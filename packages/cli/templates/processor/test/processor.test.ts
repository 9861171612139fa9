import { testPipeline, type TestedPipeline } from "@tandem-cdc/testkit";
import { it } from "vitest";
import { PREFIX, processor } from "../src/processor.ts";

const HOUR = 3_600_000;
const ORDERS = "cdc.shop.orders";
const open = { id: 1, status: "open" };
const paid = { id: 1, status: "paid" };

function tested({ clock, keyStore }: Pick<Parameters<typeof processor>[0], "clock" | "keyStore">): TestedPipeline {
  return {
    topic: ORDERS,
    output: { prefix: PREFIX },
    transforms: processor({ keyStore, horizonMs: HOUR, ...(clock === undefined ? {} : { clock }) }),
  };
}

it("emits paid orders, once, whichever connector is first", async () => {
  await testPipeline(tested)
    .send({ source: "a", after: open }, { source: "a", before: open, after: paid })
    .send({ source: "b", after: open }, { source: "b", before: open, after: paid })
    .expect([{ topic: PREFIX + ORDERS, key: { id: 1 }, value: paid }]);
});

it("goes on where it was killed: nothing is lost, nothing comes twice", async () => {
  await testPipeline(tested)
    .send({ source: "a", after: paid })
    .restart()
    .send({ source: "b", after: paid }, { source: "b", before: paid, after: { ...paid, total: 5 } })
    .expect([{ value: paid }, { value: { ...paid, total: 5 } }]);
});
