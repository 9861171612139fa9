import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { adminHandler, adminServer, type ManagedPipeline } from "../src/index.ts";
import { type Answered, ask } from "./ask.ts";
import { Broker, LANE, running, serving, until, untilState } from "./support.ts";

const TOKEN = "a-token-of-some-length";

/** The API of one pipeline on a broker with so many records. */
async function orders(...texts: string[]): Promise<{
  readonly broker: Broker;
  readonly managed: ManagedPipeline;
  readonly get: (path: string) => Promise<Answered>;
  readonly put: (path: string, body?: unknown) => Promise<Answered>;
  readonly post: (path: string) => Promise<Answered>;
  readonly url: string;
}> {
  const broker = new Broker();
  broker.input.push(...texts);
  const { pipeline } = running(broker);
  const config = { name: "orders", dedup: { horizon: 1 } };
  const managed: ManagedPipeline = { pipeline, instance: "0", config: () => config };
  const { url } = await serving({ pipelines: [managed], plugins: [PLUGIN, { ...PLUGIN, kind: "identity" }, OTHER] });
  await until(() => broker.output.length === texts.length);
  const get = (path: string): Promise<Answered> => ask(url, "GET", path);
  const put = (path: string, body?: unknown): Promise<Answered> => ask(url, "PUT", path, body);
  return { broker, managed, get, put, post: (path) => ask(url, "POST", path), url };
}

const PLUGIN = {
  type: "header",
  kind: "predicate",
  version: "1.2.3",
  doc: "Looks at a header.",
  options: [{ name: "header", type: "text", required: true, doc: "Its name." }],
  validate: () => [],
} as const;

const OTHER = {
  type: "MaskField",
  kind: "transform",
  version: "1.2.3",
  aliases: ["org.apache.kafka.connect.transforms.MaskField"],
  options: [
    { name: "fields", type: "list of texts", required: true },
    { name: "replacement", type: "text", required: false, default: "" },
  ],
  validate: ({ fields }: Readonly<Record<string, unknown>>) => [
    ...(fields === undefined ? [{ option: "fields", message: "is missing" }] : []),
    { option: "feilds", message: "unknown key" },
    { option: null, message: "nothing is masked" },
  ],
} as const;

describe("what the API tells", () => {
  it("is which version this is", async () => {
    const { url } = await serving({ pipelines: [], version: "1.2.3", kafkaClusterId: "abc" });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { body, headers } = await ask(url, "GET", "/");
    expect(body).toEqual({ name: "tandem", version: "1.2.3", kafka_cluster_id: "abc" });
    expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
  });

  it("is the pipelines, and more of them where it is asked for", async () => {
    const { get } = await orders();
    expect((await get("/pipelines")).body).toEqual(["orders"]);
    expect((await get("/pipelines?expand=status&expand=config")).body).toMatchObject({
      orders: { status: { pipeline: { state: "RUNNING" } }, config: { name: "orders" } },
    });
    expect(await get("/pipelines?expand=secrets")).toMatchObject({ status: 400, body: { error_code: 400 } });
  });

  it("is a pipeline's status, lanes, offsets, topics and configuration", async () => {
    const { get } = await orders("a", "b");
    const lane = { topic: LANE.topic, partition: 0 };
    const offsets = { ...lane, committed_offset: 2, next_offset: 2, log_end: 2, lag: 0 };
    expect((await get("/pipelines/orders")).body).toEqual({
      name: "orders",
      config: { name: "orders", dedup: { horizon: 1 } },
      lanes: [lane],
    });
    expect((await get("/pipelines/orders/status")).body).toEqual({
      name: "orders",
      pipeline: { state: "RUNNING", instance: "0" },
      lanes: [{ ...offsets, state: "RUNNING" }],
      last_error: null,
    });
    expect((await get("/pipelines/orders/offsets")).body).toEqual({ offsets: [offsets] });
    expect((await get("/pipelines/orders/topics")).body).toEqual({
      orders: { inputs: [LANE.topic], outputs: [`dedup.${LANE.topic}`] },
    });
    expect((await get("/pipelines/orders/config")).body).toEqual({ name: "orders", dedup: { horizon: 1 } });
  });

  it("is the error that a pipeline ended with", async () => {
    const create = (): never => {
      throw new TandemError("STORE_FULL", "the store is full of canary");
    };
    const { pipeline } = running(new Broker(), { keepAlive: true, create });
    const { url } = await serving({ pipelines: [{ pipeline }], redact: (text) => text.replaceAll("canary", "***") });
    await untilState(pipeline, "FAILED");
    expect((await ask(url, "GET", "/pipelines/orders/status")).body).toMatchObject({
      pipeline: { state: "FAILED" },
      last_error: { code: "STORE_FULL", message: "the store is full of ***" },
    });
    expect(await ask(url, "PUT", "/pipelines/orders/resume")).toMatchObject({
      status: 409,
      body: { error_code: 409, message: expect.stringContaining("restart it") },
    });
  });

  it("is that the brokers do not answer", async () => {
    const { broker, get } = await orders("a");
    broker.bounds = () => Promise.reject(new TandemError("TRANSPORT_FAILED", "no broker", { retriable: true }));
    expect(await get("/pipelines/orders/offsets")).toMatchObject({
      status: 503,
      body: { error_code: 503, message: "TRANSPORT_FAILED: no broker" },
    });
    broker.bounds = () => Promise.reject(new Error("a secret"));
    expect(await get("/pipelines/orders/offsets")).toMatchObject({
      status: 500,
      body: { message: "the request failed" },
    });
  });
});

it("does not wait for brokers for ever", async () => {
  const { broker, get } = await orders("a");
  const asked = new Promise<void>((heard) => {
    broker.bounds = () => {
      heard();
      return new Promise(() => undefined);
    };
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => {
    // The pipeline waits for one of them.
    vi.runOnlyPendingTimers();
    vi.useRealTimers();
  });
  const answer = get("/pipelines/orders/offsets");
  await asked;
  vi.advanceTimersByTime(15_000);
  expect(await answer).toMatchObject({ status: 504, body: { error_code: 504 } });
});

it("stands in a server of one's own, which decides who may ask, and tells of commands", async () => {
  const { pipeline } = running(new Broker());
  const commands: string[] = [];
  const onCommand = (name: string, command: string): void => void commands.push(`${command} ${name}`);
  const server = createServer(adminHandler({ pipelines: [{ pipeline }], onCommand }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const host = "tandem.example";
  expect(await ask(url, "PUT", "/pipelines/orders/pause", undefined, { host })).toMatchObject({ status: 202 });
  expect(await ask(url, "PUT", "/pipelines/none/pause", undefined, { host })).toMatchObject({ status: 404 });
  expect(commands).toEqual(["pause orders"]);
});

describe("commands", () => {
  it("pause, resume, stop and restart a pipeline", async () => {
    const { broker, get, managed, post, put } = await orders("a");
    const { pipeline } = managed;
    expect(await put("/pipelines/orders/pause")).toMatchObject({ status: 202, body: { name: "orders" } });
    await untilState(pipeline, "PAUSED");
    broker.input.push("b");
    expect((await get("/pipelines/orders/offsets")).body).toMatchObject({ offsets: [{ lag: 1 }] });
    expect(await put("/pipelines/orders/resume")).toMatchObject({
      status: 202,
      body: { pipeline: { state: "RUNNING" } },
    });
    await until(() => broker.output.length === 2);
    expect(await put("/pipelines/orders/stop")).toMatchObject({
      status: 202,
      body: { pipeline: { state: "STOPPING" } },
    });
    await untilState(pipeline, "STOPPED");
    expect(await post("/pipelines/orders/restart")).toMatchObject({ status: 202 });
    await untilState(pipeline, "RUNNING");
    broker.input.push("c");
    await until(() => broker.output.length === 3);
    expect(broker.output).toEqual(["a", "b", "c"]);
  });

  it("concern the pipeline that they name, and no other", async () => {
    const [first, second] = [running(new Broker(), { name: "first" }), running(new Broker(), { name: "second" })];
    const { url } = await serving({ pipelines: [first, second] });
    expect(await ask(url, "PUT", "/pipelines/s%65cond/stop")).toMatchObject({ status: 202 });
    await untilState(second.pipeline, "STOPPED");
    await untilState(first.pipeline, "RUNNING");
  });
});

describe("plugins", () => {
  it("are listed", async () => {
    const { get } = await orders();
    expect((await get("/plugins")).body).toContainEqual({
      type: "MaskField",
      kind: "transform",
      version: "1.2.3",
      doc: "",
      aliases: ["org.apache.kafka.connect.transforms.MaskField"],
    });
  });

  it.each(["MaskField", "MaskField%24Key", "org.apache.kafka.connect.transforms.MaskField$Value"])(
    "are validated option by option, by their names: %s",
    async (type) => {
      const { put } = await orders();
      const { body, status } = await put(`/plugins/${type}/validate`, { feilds: "secret" });
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain("secret");
      expect(body).toMatchObject({
        name: "MaskField",
        error_count: 3,
        errors: ["nothing is masked"],
        configs: [
          {
            definition: { name: "fields", type: "list of texts", required: true, default_value: null },
            value: { name: "fields", given: false, errors: ["is missing"] },
          },
          { definition: { default_value: "" }, value: { name: "replacement", given: false, errors: [] } },
          { definition: null, value: { name: "feilds", given: true, errors: ["unknown key"] } },
        ],
      });
    },
  );

  it("are asked for by kind where a word names several, and refused where it names none", async () => {
    const { put } = await orders();
    expect(await put("/plugins/header/validate", {})).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining("one of predicate, identity") },
    });
    expect(await put("/plugins/header/validate?kind=identity", {})).toMatchObject({ status: 200 });
    expect(await put("/plugins/MaskFeild/validate", {})).toMatchObject({ status: 404, body: { error_code: 404 } });
  });
});

describe("requests that are refused", () => {
  it.each([
    ["GET", "/nothing", 404],
    ["GET", "/pipelines/none/status", 404],
    ["GET", "/pipelines/", 404],
    ["GET", "/pipelines/%E0%A4%A/status", 400],
    ["PUT", "/pipelines/none/stop", 404],
  ])("%s %s: %i", async (method, path, status) => {
    const { url } = await orders();
    expect(await ask(url, method, path)).toMatchObject({ status, body: { error_code: status } });
  });

  it("by their method, with those that do", async () => {
    const { url } = await orders();
    for (const [method, path, allow] of [
      ["GET", "/pipelines/orders/pause", "PUT"],
      ["PUT", "/pipelines/orders/restart", "POST"],
      ["DELETE", "/pipelines/orders", "GET, HEAD"],
      ["OPTIONS", "/pipelines", "GET, HEAD"],
    ] as const)
      expect(await ask(url, method, path)).toMatchObject({ status: 405, headers: { allow } });
    expect(await ask(url, "HEAD", "/pipelines")).toMatchObject({ status: 200, body: null });
  });

  it("for a body that is none of ours", async () => {
    const { put, url } = await orders();
    const path = "/plugins/MaskField/validate";
    expect(await ask(url, "PUT", path, "fields=a", { "content-type": "text/plain" })).toMatchObject({ status: 415 });
    expect(await ask(url, "PUT", path, "{", { "content-type": "application/json" })).toMatchObject({ status: 400 });
    for (const body of [null, [], "a", 1]) expect(await put(path, body)).toMatchObject({ status: 400 });
    expect(await put(path, { fields: "x".repeat(300_000) })).toMatchObject({ status: 413, body: { error_code: 413 } });
    expect(await put(path, { fields: "x".repeat(200_000) })).toMatchObject({ status: 200 });
  });

  it("because they take too long", async () => {
    const { url } = await orders();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write("PUT /plugins/MaskField/validate HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    const began = Date.now();
    let answer = "";
    for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString();
    expect(answer).toContain("408 Request Timeout");
    expect(Date.now() - began).toBeLessThan(8_000);
  });
});

describe("who is answered", () => {
  it("on loopback: who asks for it by a name of loopback", async () => {
    const { url } = await orders();
    const { port } = new URL(url);
    for (const host of ["127.0.0.1", `localhost:${port}`, "[::1]:80", "127.8.0.1"])
      expect(await ask(url, "GET", "/", undefined, { host })).toMatchObject({ status: 200 });
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil"])
      expect(await ask(url, "POST", "/pipelines/orders/restart", undefined, { host })).toMatchObject({ status: 403 });
  });

  it("no page of a browser, on whatever site, and it is told nothing of who may", async () => {
    const { managed, url } = await orders();
    const origin = { origin: "http://127.0.0.1" };
    const { headers, status } = await ask(url, "POST", "/pipelines/orders/restart", undefined, origin);
    expect(status).toBe(403);
    expect(managed.pipeline.status().state).toBe("RUNNING");
    const preflight = await ask(url, "OPTIONS", "/pipelines/orders/pause", undefined, origin);
    for (const name of [...Object.keys(headers), ...Object.keys(preflight.headers)])
      expect(name).not.toMatch(/^access-control/);
  });

  it("who has the token, where there is one", async () => {
    const { pipeline } = running(new Broker());
    const { url } = await serving({ pipelines: [{ pipeline }], token: TOKEN });
    for (const authorization of [undefined, "", TOKEN, `Basic ${TOKEN}`, "Bearer", `Bearer ${TOKEN}x`, "Bearer x"]) {
      const answer = await ask(url, "GET", "/", undefined, authorization === undefined ? {} : { authorization });
      expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
      expect(JSON.stringify(answer.body)).not.toContain(TOKEN);
    }
    for (const scheme of ["Bearer", "bearer"])
      expect(await ask(url, "GET", "/", undefined, { authorization: `${scheme} ${TOKEN}` })).toMatchObject({
        status: 200,
      });
  });

  it("nobody on other addresses, unless it is asked for, with a token", async () => {
    const { url } = await orders();
    await expect(ask(url.replace("127.0.0.1", "127.0.0.2"), "GET", "/")).rejects.toThrow("ECONNREFUSED");
    await expect(adminServer({ pipelines: [], host: "0.0.0.0", port: 0 })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("set admin.token"),
    });
    const other = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal);
    const everywhere = await serving({ pipelines: [], host: "0.0.0.0", token: TOKEN });
    const { port } = new URL(everywhere.url);
    const authorization = `Bearer ${TOKEN}`;
    for (const host of ["127.0.0.1", ...(other === undefined ? [] : [other.address])])
      expect(await ask(`http://${host}:${port}`, "GET", "/", undefined, { authorization })).toMatchObject({
        status: 200,
      });
  });
});

it("says that its port is taken", async () => {
  const { url } = await serving({ pipelines: [] });
  await expect(adminServer({ pipelines: [], port: Number(new URL(url).port) })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("choose another admin.port"),
  });
});

it("closes with a client that keeps its connection", async () => {
  const server = await adminServer({ pipelines: [], port: 0 });
  const kept = request(server.url, { headers: { connection: "keep-alive" } });
  await new Promise((resolve) => kept.on("response", (answer) => answer.resume().on("end", resolve)).end());
  await server.close();
  await expect(ask(server.url, "GET", "/")).rejects.toThrow();
});
