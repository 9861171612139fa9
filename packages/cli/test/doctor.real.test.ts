import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTopics, openWriter } from "@tandem-cdc/kafka";
import {
  available,
  type ConnectorConfig,
  type KafkaCluster,
  mariadbConnector,
  type RedisSingle,
  startKafka,
  startRedis,
} from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKS } from "../src/doctor/checks.ts";
import type { Examined } from "../src/doctor/examine.ts";
import { tandem } from "./command.ts";
import { headerOf } from "./log.ts";
import { file, least, put, type Tree } from "./support.ts";

const { ok } = await available(["kafka", "redis"]);

const CANARY = "5Jx9";
const TOPIC = "cdc.shop.orders";
const COMPACTED = "cdc.shop.items";
const NOBODY = "127.0.0.1:2";
const SECOND = 1_000;

let kafka: KafkaCluster;
let redis: RedisSingle;
let worker: Server;
/** What the Connect worker of this test tells. */
let connectors: Record<string, { info: { config: ConnectorConfig }; status: object }> = {};

beforeAll(async () => {
  if (!ok) return;
  [kafka, redis] = await Promise.all([
    startKafka(),
    startRedis({
      settings: { requirepass: `redis-${CANARY}`, appendonly: "yes" },
      cliOptions: ["-a", `redis-${CANARY}`],
    }),
  ]);
  const client = { "bootstrap.servers": kafka.bootstrap };
  await createTopics(client, [{ topic: TOPIC, partitions: 2 }]);
  const writer = await openWriter(client);
  for (let sequence = 1; sequence <= 10; sequence++)
    for (const source of ["a", "b"]) await writer.write({ topic: TOPIC, partition: 0, ...changeOf(source, sequence) });
  await writer.flush();
  await writer.close();
  worker = createServer((request, response) => {
    const login = request.headers.authorization === `Basic ${Buffer.from(`me:${CANARY}`).toString("base64")}`;
    const found = login && request.url === "/connectors?expand=info&expand=status";
    response.writeHead(login ? (found ? 200 : 404) : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(found ? connectors : {}));
  });
  await new Promise<void>((resolve) => worker.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  worker?.closeAllConnections();
  worker?.close();
  await Promise.all([kafka?.stop(), redis?.stop()]);
});

/** A change of right now. */
function changeOf(source: string, sequence: number) {
  const now = Date.now();
  const from = { version: "3.5.0.Final", connector: "mariadb", ts_ms: now - SECOND, snapshot: "false", db: "shop" };
  const at = { table: "orders", gtid: `0-101-${sequence}`, file: "bin.000001", pos: sequence * 100, row: 0 };
  const value = { before: null, after: { id: sequence }, source: { ...from, ...at }, op: "c", ts_ms: now };
  return {
    key: Buffer.from(JSON.stringify({ id: sequence })),
    value: Buffer.from(JSON.stringify(value)),
    headers: headerOf(source),
  };
}

function running(change: Readonly<Record<string, string>> = {}): typeof connectors {
  const of = (name: string, serverId: number, more: Readonly<Record<string, string>> = {}) => ({
    info: { config: { ...mariadbConnector({ name, port: 3306, kafka, database: "shop", serverId }), name, ...more } },
    status: { name, connector: { state: "RUNNING" }, tasks: [{ id: 0, state: "RUNNING" }] },
  });
  return { a: of("a", 6001), b: of("b", 6002, { "database.password": CANARY, ...change }) };
}

const workerUrl = (login = `me:${CANARY}`): string =>
  `http://${login}@127.0.0.1:${(worker.address() as AddressInfo).port}`;

function configured(change: (config: Tree) => void = () => undefined): string {
  return file(
    least((c) => {
      put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
      put(c, ["dedup", "sources"], { header: "connector", names: ["a", "b"] });
      put(c, ["dedup", "store"], { type: "redis", url: `redis://${redis.address}`, password: `redis-${CANARY}` });
      put(c, ["doctor", "connect"], [workerUrl()]);
      change(c);
    }),
    "tandem.json",
  );
}

interface Answer {
  readonly code: number | null;
  readonly found: readonly Examined[];
  /** `status message -> fix` of one check. */
  readonly of: (id: string) => string;
}

async function doctor(path: string, ...options: readonly string[]): Promise<Answer> {
  const { code, stderr, stdout } = await tandem("doctor", "--json", "--config", path, ...options);
  expect(stdout + stderr).not.toContain(CANARY);
  expect(stderr).toBe("");
  const found = JSON.parse(stdout) as Examined[];
  const line = ({ fix = "", message, status }: Examined): string => `${status} ${message} -> ${fix}`;
  const of = (id: string): string =>
    found
      .filter((each) => each.id === id)
      .map(line)
      .join("\n");
  return { code, found, of };
}

const alter = (topic: string, config: string): Promise<unknown> =>
  kafka.tool("kafka.admin.ConfigCommand", [
    "--alter",
    "--entity-type",
    "topics",
    "--entity-name",
    topic,
    "--add-config",
    config,
  ]);

describe.skipIf(!ok)("tandem doctor", () => {
  it("finds nothing wrong with what is healthy, says so of every check, and writes nothing", async () => {
    connectors = running();
    const { code, found } = await doctor(configured(), "--strict");
    expect([...new Set(found.map(({ id }) => id))]).toEqual(CHECKS.map(({ id }) => id));
    expect(found.filter(({ status }) => status !== "ok").map(({ id, message }) => `${id}: ${message}`)).toEqual([
      "registry.reachable: input.format is json",
      "registry.subjects: input.format is json",
    ]);
    expect(code).toBe(0);
    const text = await tandem("doctor", "--config", configured());
    expect(text.stdout).toMatch(/^ok {7}node\.version: [\s\S]*\n\n30 ok, 0 warnings, 0 failures, 2 skipped\n$/);
    const list = await kafka.tool("org.apache.kafka.tools.TopicCommand", ["--list", "--exclude-internal"]);
    expect(list.trim()).toBe(TOPIC);
  });

  it("names what is set wrong on the servers, with the command that mends it", async () => {
    const client = { "bootstrap.servers": kafka.bootstrap };
    await createTopics(client, [
      { topic: `dedup.${TOPIC}`, partitions: 1, config: { "max.message.bytes": "1000" } },
      { topic: COMPACTED, partitions: 1, config: { "cleanup.policy": "compact" } },
      { topic: "ill.lanes", partitions: 1, config: { "cleanup.policy": "delete" } },
    ]);
    await redis.cli("config", "set", "appendonly", "no");
    connectors = running({ "poll.interval.ms": "500", "topic.prefix": "other" });
    const path = configured((c) => {
      put(c, ["name"], "ill");
      put(c, ["input", "topics"], [TOPIC, COMPACTED, "cdc.shop.none"]);
      put(c, ["dedup", "horizon"], "8d");
      put(c, ["dedup", "sources", "names"], ["a", "b", "c"]);
      put(c, ["kafka", "producer", "transaction.timeout.ms"], 1_000_000);
      put(c, ["kafka", "consumer", "session.timeout.ms"], 500);
      put(c, ["metrics", "host"], "0.0.0.0");
    });
    const { code, of } = await doctor(path);
    expect(code).toBe(1);
    expect(of("topics.partitions")).toMatch(/^failure dedup\.\S+ has 1 partition, .* has 2 -> .*--partitions 2$/);
    expect(of("topics.inputs")).toMatch(/^failure input topic cdc\.shop\.none does not exist -> /);
    expect(of("topics.retention")).toMatch(/failure cdc\.shop\.items may be compacted after 0 ms/);
    expect(of("topics.retention")).toMatch(/failure cdc\.shop\.orders keeps records for 7\.0 days.*needs 8\.0 days/);
    expect(of("topics.lanes")).toMatch(/^failure ill\.lanes has cleanup\.policy=delete/);
    expect(of("kafka.message-size")).toMatch(/warning cdc\.shop\.orders .*takes 1000: .*max\.message\.bytes=1048588/);
    expect(of("kafka.transaction-timeout")).toMatch(/^failure .*900000 ms at most.*1000000 ms/);
    expect(of("kafka.session-timeout")).toMatch(/^failure .*group\.min\.session\.timeout\.ms is 1000/);
    expect(of("kafka.offsets-retention")).toMatch(/^warning .*7\.0 days.*dedup\.horizon \(8\.0 days\)/);
    expect(of("store.safe")).toMatch(/^warning redis: .*forgets claims -> redis-cli CONFIG SET appendonly yes/);
    expect(of("sources.seen")).toMatch(/^warning c sent nothing/);
    expect(of("endpoints.exposed")).toMatch(/^warning metrics listen on 0\.0\.0\.0/);
    expect(of("connect.alike")).toMatch(/failure topic\.prefix is "cdc" on a and "other" on b/);
    expect(of("connect.alike")).toMatch(/warning poll\.interval\.ms is "20" on a and "500" on b/);
    expect(of("connect.settings")).toMatch(/^warning connector b waits 500 ms/);
  });

  it("is mended by what it says", async () => {
    await redis.cli("config", "set", "appendonly", "yes");
    connectors = running();
    await kafka.tool("org.apache.kafka.tools.TopicCommand", [
      "--alter",
      "--topic",
      `dedup.${TOPIC}`,
      "--partitions",
      "2",
    ]);
    await alter(`dedup.${TOPIC}`, "max.message.bytes=1048588");
    await alter("ill.lanes", "cleanup.policy=compact,retention.ms=-1");
    const { code, found } = await doctor(configured((c) => put(c, ["name"], "ill")));
    expect(found.filter(({ status }) => status === "failure" || status === "warning")).toEqual([]);
    expect(code).toBe(0);
  });

  it("says of a store that evicts, and of a login that Connect refuses", async () => {
    await redis.cli("config", "set", "maxmemory-policy", "allkeys-lru");
    const path = configured((c) => put(c, ["doctor", "connect"], [workerUrl(`me:wrong-${CANARY}`)]));
    const { code, of } = await doctor(path);
    expect(of("store.reachable")).toMatch(/^failure redis: .*allkeys-lru.* -> CONFIG SET maxmemory-policy noeviction$/);
    expect(of("store.safe")).toMatch(/^skipped /);
    expect(of("connect.reachable")).toMatch(/^failure http:\/\/127\.0\.0\.1:\d+ does not answer: HTTP 401 -> /);
    expect(of("connect.alike")).toMatch(/^skipped /);
    expect(code).toBe(1);
    await redis.cli("config", "set", "maxmemory-policy", "noeviction");
  });

  it("says of servers that are down one line each, and checks the others", async () => {
    connectors = running();
    const down = (c: Tree): void => {
      put(c, ["kafka", "bootstrap.servers"], NOBODY);
      put(c, ["dedup", "store"], { type: "redis", url: `redis://me:${CANARY}@${NOBODY}` });
      put(c, ["input"], { topics: [TOPIC], format: "avro", registry: { url: `http://${NOBODY}` } });
    };
    const began = Date.now();
    const { code, found, of } = await doctor(configured(down), "--connect-url", `http://${NOBODY}`);
    expect(Date.now() - began).toBeLessThan(15 * SECOND);
    expect(of("kafka.reachable")).toMatch(/^failure 127\.0\.0\.1:2: .*ECONNREFUSED.* -> start the brokers/);
    expect(of("registry.reachable")).toMatch(/^failure .*ECONNREFUSED/);
    expect(of("store.reachable")).toMatch(/^failure redis: .*ECONNREFUSED/);
    expect(of("connect.reachable")).toMatch(/^failure http:\/\/127\.0\.0\.1:2 does not answer: .*ECONNREFUSED/);
    expect(found.filter(({ status }) => status === "failure").map(({ id }) => id)).toEqual([
      "kafka.reachable",
      "registry.reachable",
      "store.reachable",
      "connect.reachable",
    ]);
    expect(of("connect.running")).toMatch(/^ok 2 connectors/);
    expect(code).toBe(1);
  });
});
