import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { Counter, Registry } from "prom-client";
import { afterEach, expect, it } from "vitest";
import { type MetricsServer, serveMetrics } from "../src/index.ts";

const open: MetricsServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serving(registry = new Registry()): Promise<MetricsServer> {
  const server = await serveMetrics({ registry, port: 0 });
  open.push(server);
  return server;
}

it("serves the registry's metrics on loopback, on the port that it says", async () => {
  const registry = new Registry();
  new Counter({ name: "tandem_test_total", help: "A test.", registers: [registry] }).inc(3);
  const { url } = await serving(registry);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = await fetch(`${url}/metrics?name=x`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await answer.text()).toContain("tandem_test_total 3");
});

it("is not there for other machines unless it is asked for", async () => {
  const { url } = await serving();
  // All of 127.0.0.0/8 is this machine, and only one address of it is listened on.
  await expect(fetch(url.replace("127.0.0.1", "127.0.0.2"))).rejects.toThrow();
  const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (const { address, family } of others)
    if (family === "IPv4" && address !== "127.0.0.1")
      await expect(fetch(url.replace("127.0.0.1", address))).rejects.toThrow();
});

it("says that it lives, and knows no other page", async () => {
  const { url } = await serving();
  expect(await (await fetch(`${url}/livez`)).text()).toBe("ok\n");
  const other = await fetch(`${url}/`);
  expect(other.status).toBe(404);
  expect(await other.text()).toContain("/metrics");
});

it("answers 500 when a metric cannot be collected, and goes on", async () => {
  const registry = new Registry();
  const broken = new Counter({ name: "tandem_broken_total", help: "A test.", registers: [registry] });
  broken.get = () => Promise.reject(new Error("broken"));
  const { url } = await serving(registry);
  expect((await fetch(`${url}/metrics`)).status).toBe(500);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

it("closes with a client that keeps its connection, and frees the port", async () => {
  const server = await serveMetrics({ registry: new Registry(), port: 0 });
  const { url } = server;
  await (await fetch(`${url}/livez`)).text();
  await server.close();
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
  const again = createServer();
  await new Promise<void>((resolve) => again.listen(Number(new URL(url).port), "127.0.0.1", resolve));
  await new Promise((resolve) => again.close(resolve));
});

it("says which port is taken, and what to do", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  await expect(serveMetrics({ registry: new Registry(), port })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `metrics: port ${port} on 127.0.0.1 is taken: choose another metrics.port (0 for any free one)`,
  });
  await new Promise((resolve) => taken.close(resolve));
});
