import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { existingTopics } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tandem, Tandem } from "./command.ts";
import { writeLog } from "./kafka-log.ts";
import type { Told } from "./log.ts";
import { least, put } from "./support.ts";

const { ok } = await available(["kafka"]);

const TOPIC = "cdc.shop.orders";
const told = (source: string, sequence: number, after = `${sequence}`): Told => ({
  source,
  sequence,
  after,
  atMs: sequence * 1_000 + (source === "b" ? 500 : 0),
});

let kafka: KafkaCluster;
let config = "";
let here = "";
beforeAll(async () => {
  if (!ok) return;
  kafka = await startKafka();
  const log = [1, 2, 3].flatMap((n) => [told("a", n), told("b", n)]);
  await writeLog(kafka.bootstrap, TOPIC, [...log, told("a", 4), told("b", 4, "diverged"), told("a", 4)]);
  here = mkdtempSync(join(tmpdir(), "tandem-explain-"));
  config = join(here, "tandem.json");
  writeFileSync(
    config,
    least((c) => {
      put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
      put(c, ["dedup"], { sources: { header: "connector" }, store: { type: "level", path: "./claims" } });
      put(c, ["metrics", "enabled"], false);
    }),
  );
});
afterAll(async () => {
  await kafka?.stop();
  rmSync(here, { recursive: true, force: true });
});

function explain(offset: number, ...more: readonly string[]): ReturnType<typeof tandem> {
  return tandem("explain", "--config", config, "--topic", TOPIC, "--partition", "0", "--offset", `${offset}`, ...more);
}

/** Without those that a broker makes for itself. */
async function topics(): Promise<string[]> {
  const all = await existingTopics({ "bootstrap.servers": kafka.bootstrap });
  return all.filter((topic) => !topic.startsWith("__"));
}

interface Said {
  readonly ownerByLog: { readonly offset: number; readonly source: string };
  readonly ownerByStore: { readonly owner?: number | null; readonly silent?: string };
  readonly fate: { readonly kind: string; readonly reason: string };
  readonly processed: boolean;
}

async function said(offset: number): Promise<Said> {
  const { code, stdout } = await explain(offset, "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Said;
}

describe.skipIf(!ok)("tandem explain", () => {
  it("says what would become of a record that the pipeline has not seen, and writes nothing", async () => {
    const before = await topics();
    const { code, stderr, stdout } = await explain(3);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^${TOPIC}-0@3\n`));
    expect(stdout).toMatch(/\n {2}would be dropped {2}it is a duplicate: 2 by source a at 2026-01-01T00:00:02\.000Z/);
    expect((await said(8)).fate).toMatchObject({ kind: "dropped", reason: "redelivery" });
    expect((await said(7)).fate.reason).toBe("divergence");
    expect(await topics()).toEqual(before);
    const groups = await kafka.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", ["--list"]);
    expect(groups.trim()).toBe("");
  });

  it("knows what the pipeline has processed, and its store's owner", async () => {
    const run = new Tandem(["run", "--config", config]);
    await run.line('"in":9');
    // The store's folder is held by the pipeline.
    expect((await said(3)).ownerByStore.silent).toMatch(/open already/);
    run.child.kill("SIGTERM");
    expect((await run.ended).code).toBe(0);
    const found = await said(3);
    expect(found).toMatchObject({
      processed: true,
      ownerByLog: { offset: 2, source: "a" },
      ownerByStore: { owner: 2 },
    });
    expect((await explain(2)).stdout).toMatch(/\n {2}was emitted {7}it owns its key/);
  });

  it.each<[string, () => ReturnType<typeof tandem>, RegExp]>([
    ["beyond the end", () => explain(9), /the log ends at 9/],
    [
      "no such partition",
      () => tandem("explain", "--config", config, "--topic", TOPIC, "--partition", "1", "--offset", "0"),
      /has 1 partition, counted from 0/,
    ],
    [
      "no such topic",
      () => tandem("explain", "--config", config, "--topic", "none", "--partition", "0", "--offset", "0"),
      /none: there is no such topic/,
    ],
    [
      "no input of the pipeline",
      () => tandem("explain", "--config", config, "--topic", `dedup.${TOPIC}`, "--partition", "0", "--offset", "0"),
      /is no input of pipeline orders, which reads cdc\.shop\.orders\. It is where the pipeline writes/,
    ],
    [
      "the mark of a transaction",
      () => {
        const output = `dedup.${TOPIC}`;
        const next = join(here, "next.json");
        writeFileSync(
          next,
          least((c) => {
            put(c, ["name"], "next");
            put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
            put(c, ["input", "topics"], [output]);
            put(c, ["output", "prefix"], "next.");
          }),
        );
        return tandem("explain", "--config", next, "--topic", output, "--partition", "0", "--offset", "4");
      },
      /there is no record at this offset: it was compacted away, or it is the mark of a transaction/,
    ],
  ])("exit 2 where there is no record: %s", async (_, ask, message) => {
    const { code, stderr, stdout } = await ask();
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("says it as JSON too", async () => {
    const { code, stdout } = await explain(9, "--json");
    expect(JSON.parse(stdout)).toEqual({ found: false, reason: expect.stringMatching(/the log ends at 9/) });
    expect(code).toBe(2);
  });
});
