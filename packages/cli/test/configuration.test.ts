import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { loadConfig } from "../src/index.ts";
import { assemble } from "../src/run/assemble.ts";
import { topicOf } from "../src/config/topic-pattern.ts";
import { file, LEAST, least, parse, put } from "./support.ts";

const EVERY_KEY = fileURLToPath(new URL("fixtures/every-key.yaml", import.meta.url));

it("takes the file with every key", () => {
  const { config, notices } = loadConfig(EVERY_KEY, {});
  expect(notices).toEqual([]);
  expect(config).toEqual({
    name: "monolith",
    instance: "0",
    leaveOnStop: true,
    kafka: { "bootstrap.servers": "127.0.0.1:9092", consumer: {}, producer: {} },
    input: { topics: ["cdc.shop.orders", "/^cdc\\.shop\\..*/"], format: "json", registry: {}, fetcher: "rdkafka" },
    dedup: {
      identity: [{ use: "debezium" }],
      hash: "xxh128",
      horizon: 172_800_000,
      mode: "claims",
      sources: { header: "connector" },
      snapshots: "until-streaming",
      late: "dead-letter",
      divergence: { topic: "monolith.diverged" },
      shadow: { use: "content", except: ["source"] },
      tombstones: "regenerate",
      store: { type: "memory", maxClaims: 20_000_000, rebuild: false },
    },
    transforms: [],
    predicates: [],
    errors: {
      tolerance: "none",
      retryTimeoutMs: 0,
      retryDelayMaxMs: 60_000,
      log: { enable: true, includeMessages: false },
    },
    output: { prefix: "dedup." },
    commit: { minIntervalMs: 10, maxIntervalMs: 100 },
    metrics: { enabled: true, host: "127.0.0.1", port: 9404 },
    admin: { enabled: false, host: "127.0.0.1", port: 9405, keepAlive: false },
    doctor: { connect: ["http://127.0.0.1:8083"] },
  });
});

it("takes the same file as JSON", () => {
  const json = file(JSON.stringify(parseYaml(readFileSync(EVERY_KEY, "utf8"))), "tandem.json");
  expect(loadConfig(json, {})).toEqual(loadConfig(EVERY_KEY, {}));
});

it("makes a pipeline of it", async () => {
  const { config } = loadConfig(EVERY_KEY, {});
  const { pipeline, transport } = await assemble(config, {
    configFile: EVERY_KEY,
    observer: { observe: () => undefined },
    onNotice: () => undefined,
  });
  expect(pipeline).toHaveProperty("run");
  await transport.close();
});

it("needs a name, brokers and topics only, and fills in the defaults that are documented", () => {
  const { config, notices } = parse(LEAST);
  expect(notices).toEqual([]);
  expect(config).toMatchObject({
    instance: "0",
    input: { format: "json", fetcher: "rdkafka" },
    dedup: {
      identity: [{ use: "debezium" }],
      late: "dead-letter",
      hash: "xxh128",
      horizon: 172_800_000,
      mode: "claims",
      snapshots: "until-streaming",
      tombstones: "regenerate",
      store: { type: "memory" },
    },
    errors: {
      tolerance: "none",
      retryTimeoutMs: 0,
      retryDelayMaxMs: 60_000,
      log: { enable: true, includeMessages: false },
    },
    output: { prefix: "dedup." },
    commit: { minIntervalMs: 10, maxIntervalMs: 100 },
    metrics: { enabled: true, host: "127.0.0.1", port: 9404 },
  });
  expect(config.dedup.sources).toBeUndefined();
});

it("passes librdkafka properties on as they are", () => {
  const { config } = parse(
    least((c) => put(c, ["kafka", "consumer"], { "fetch.wait.max.ms": 50, "check.crcs": true })),
  );
  expect(config.kafka).toEqual({
    "bootstrap.servers": "127.0.0.1:9092",
    consumer: { "fetch.wait.max.ms": 50, "check.crcs": true },
    producer: {},
  });
});

it("takes a key without a value for a key left out", () => {
  expect(parse(`${LEAST}dedup:\n  sources:\noutput:\n`).config).toEqual(parse(LEAST).config);
});

it.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["15m", 900_000],
  ["36h", 129_600_000],
  ["1.5d", 129_600_000],
  ["1w", 604_800_000],
])("reads the duration %s", (text, ms) => {
  expect(parse(least((c) => put(c, ["dedup", "horizon"], text))).config.dedup.horizon).toBe(ms);
});

it("reads numbers and switches that a reference left as text", () => {
  const { config } = parse(
    least((c) => {
      put(c, ["metrics", "port"], "${env:PORT}");
      put(c, ["metrics", "enabled"], "${env:ON:false}");
      put(c, ["instance"], 3);
    }),
    { PORT: "9500" },
  );
  expect(config.metrics).toMatchObject({ port: 9500, enabled: false });
  expect(config.instance).toBe("3");
});

it("tells topics from expressions by the slashes", () => {
  expect(topicOf("cdc.shop.orders")).toBe("cdc.shop.orders");
  expect(topicOf("/^cdc\\.shop\\..*/")).toEqual(/^cdc\.shop\..*/);
});
