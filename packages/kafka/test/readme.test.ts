// The transport and the development cluster of the README: what stands there is cut from here.
import { createPipeline } from "@tandem-cdc/core";
import { developmentCluster, kafkaTransport } from "@tandem-cdc/kafka";
import { expect, it } from "vitest";

it("the README's example", async () => {
  const cluster = await developmentCluster();
  const stop = new AbortController();
  const pipeline = createPipeline({
    name: "orders",
    transport: kafkaTransport({
      name: "orders",
      instance: "0",
      topics: ["cdc.shop.orders", /^cdc\.billing\./],
      exclude: (topic) => topic.startsWith("dedup."),
      client: { "bootstrap.servers": cluster.bootstrap },
      onNotice: (notice) => console.warn(notice),
    }),
    transforms: [],
  });
  pipeline.on("connected", () => stop.abort());
  await pipeline.run({ signal: stop.signal });
  await cluster.close();
  expect(stop.signal.aborted).toBe(true);
});
