import { readFileSync } from "node:fs";
import { createPipeline, type Transport } from "@tandem-cdc/core";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { metricsObserver, serveMetrics } from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** A transport that is never asked for anything. */
const transport = {} as Transport;

it("the README's example", async () => {
  const registry = new Registry();
  const pipeline = createPipeline({
    name: "orders",
    transport,
    transforms: [],
    observer: metricsObserver(registry, { logEnd: (lane) => transport.logEnd?.(lane) ?? null }),
  });
  const server = await serveMetrics({ registry, port: 0 });
  await server.close();
  expect(pipeline).toHaveProperty("run");
});

it("the README lists every metric", () => {
  const registry = new Registry();
  metricsObserver(registry);
  // What prom-client keeps and its types do not tell.
  const metrics = registry.getMetricsAsArray() as unknown as {
    name: string;
    type: string;
    help: string;
    labelNames: string[];
  }[];
  for (const { help, labelNames, name, type } of metrics)
    expect(README).toContain(`| \`${name}\` | ${type} | ${labelNames.join(", ")} | ${help} |\n`);
  expect(README.match(/^\| `tandem_/gm)).toHaveLength(metrics.length);
});
