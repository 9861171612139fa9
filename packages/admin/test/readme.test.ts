import { createPipeline, type Transport } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { adminServer, supervise } from "../src/index.ts";
import { ask } from "./ask.ts";
import { Broker, LANE, until } from "./support.ts";

const brokers: Record<string, Broker> = { orders: new Broker(), customers: new Broker() };

/** What would be `kafkaTransport`. */
function transportOf(name: string): Transport {
  return (brokers[name] ?? new Broker()).transport();
}

it("the README's example", async () => {
  const stop = new AbortController();
  const pipelines = ["orders", "customers"].map((name) => ({
    pipeline: supervise({
      name,
      create: () => createPipeline({ name, transport: transportOf(name), transforms: [] }),
    }),
  }));
  const server = await adminServer({ pipelines, port: 0 });
  const running = pipelines.map(({ pipeline }) => pipeline.run({ signal: stop.signal }));

  brokers["customers"]?.input.push("a");
  await until(() => brokers["customers"]?.output.length === 1);
  expect((await ask(server.url, "GET", "/pipelines/customers/topics")).body).toEqual({
    customers: { inputs: [LANE.topic], outputs: [`dedup.${LANE.topic}`] },
  });
  stop.abort();
  await Promise.all(running);
  await server.close();
});
