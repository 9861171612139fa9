import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { existingTopics } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tandem, Tandem } from "./command.ts";
import { writeLog } from "./kafka-log.ts";
import type { Told } from "./log.ts";
import { file, least, put } from "./support.ts";

const { ok } = await available(["kafka"]);

const TOPIC = "cdc.shop.orders";
const MANY = "cdc.shop.items";
const told = (source: string, sequence: number): Told => ({
  source,
  sequence,
  after: `${sequence}`,
  atMs: sequence * 1_000 + (source === "b" ? 60_000 : 0),
});

let kafka: KafkaCluster;
let bootstrap = "";
beforeAll(async () => {
  if (!ok) return;
  kafka = await startKafka();
  ({ bootstrap } = kafka);
  // b lacks 5, and is a minute behind.
  const log = [1, 2, 3, 4, 5, 6, 7].flatMap((n) =>
    n === 5 || n === 7 ? [told("a", n)] : [told("a", n), told("b", n)],
  );
  await writeLog(bootstrap, TOPIC, log, 2);
  await writeLog(
    bootstrap,
    MANY,
    Array.from({ length: 20_000 }, (_, n) => told(n % 2 === 0 ? "a" : "b", 1 + Math.floor(n / 2))),
  );
});
afterAll(() => kafka?.stop());

/** Without those that a broker makes for itself. */
async function topics(): Promise<string[]> {
  return (await existingTopics({ "bootstrap.servers": bootstrap })).filter((topic) => !topic.startsWith("__"));
}

describe.skipIf(!ok)("tandem survey", () => {
  it("counts what lies in a topic, and writes nothing", async () => {
    const before = await topics();
    const { code, stderr, stdout } = await tandem(
      "survey",
      "--bootstrap",
      bootstrap,
      "--topics",
      TOPIC,
      "--header",
      "connector",
      "--json",
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      total: {
        lanes: 2,
        records: 12,
        changes: 7,
        copies: 5,
        singleSource: 1,
        singleAtEnd: 1,
        divergences: 0,
        lateness: { maxMs: 60_000, horizonMs: 900_000 },
        sources: { a: { records: 7, firsts: 7 }, b: { records: 5, firsts: 0 } },
      },
      recommendation: { config: { dedup: { sources: { header: "connector", names: ["a", "b"] } } } },
    });
    expect(await topics()).toEqual(before);
    const groups = await kafka.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", ["--list"]);
    expect(groups.trim()).toBe("");
  });

  it("says it so that a person understands it, of topics that match", async () => {
    const { code, stdout } = await tandem("survey", "--bootstrap", bootstrap, "--topics", "/^cdc\\.shop\\./");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cdc\.shop\.items \(1 lane, .*\n {2}records +20,000\n/);
    expect(stdout).toContain("\nall topics (3 lanes, ");
    expect(stdout).toContain('Header "connector" has the values a, b');
    expect(stdout).toMatch(/A configuration to begin with:\n\n {2}name: survey\n/);
  });

  it("prints on Ctrl-C what it knows, exit 130", async () => {
    const slow = `
      export default { name: "slow", version: 1, openLane: () => ({
        prepare: (batch, signal) => new Promise((done, failed) => {
          console.error("a batch");
          if (batch.offset(0) === 0) done();
          else signal.addEventListener("abort", () => failed(signal.reason));
        }),
        identify: (batch, i, into) => { into.number(batch.offset(i)); return "change"; },
        state: () => undefined,
      }) };`;
    const module = file(slow, "slow.mjs");
    const config = join(dirname(module), "tandem.json");
    writeFileSync(
      config,
      least((c) => {
        put(c, ["kafka", "bootstrap.servers"], bootstrap);
        put(c, ["input", "topics"], [MANY]);
        put(c, ["dedup", "identity"], "./slow.mjs");
      }),
    );
    const survey = new Tandem(["survey", "--config", config, "--json"]);
    await vi.waitUntil(() => survey.stderr.includes("a batch\na batch"), { timeout: 20_000 });
    survey.child.kill("SIGINT");
    const { code, stdout } = await survey.ended;
    expect(code).toBe(130);
    const { complete, interrupted, total } = JSON.parse(stdout) as Record<string, { records: number }>;
    expect({ complete, interrupted }).toEqual({ complete: false, interrupted: true });
    expect(total?.records).toBeGreaterThan(0);
    expect(total?.records).toBeLessThan(20_000);
  });

  it("says which topics there are not", async () => {
    const { code, stderr } = await tandem("survey", "--bootstrap", bootstrap, "--topics", "none");
    expect(stderr).toMatch(/CONFIG_INVALID: no topic of .* matches none/);
    expect(code).toBe(2);
  });
});
