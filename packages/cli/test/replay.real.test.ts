import { createTopics, existingTopics, openReader, openWriter } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tandem, Tandem } from "./command.ts";
import { change } from "./log.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

const { ok } = await available(["kafka"]);

const CHANGES = 200;
const PARTITIONS = 2;
const decoder = new TextDecoder();

let kafka: KafkaCluster;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

/** What a connector sends to its own topic: it does not name itself. */
async function connector(source: string, topic: string): Promise<void> {
  await createTopics(client(), [{ topic, partitions: PARTITIONS, config: { "retention.ms": "-1" } }]);
  const writer = await openWriter(client());
  for (let sequence = 1; sequence <= CHANGES; sequence++) {
    const record = change({ source, sequence, key: sequence % 7, after: `${sequence}`, atMs: sequence });
    if (record === null) continue;
    const { key, timestamp, value } = record;
    await writer.write({ topic, partition: sequence % PARTITIONS, key, timestamp, value });
  }
  await writer.flush();
  await writer.close();
}

function configured(name: string, topics: readonly string[], dedup: Tree, prefix: string): string {
  return file(
    least((c) => {
      put(c, ["name"], name);
      put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
      put(c, ["input", "topics"], topics);
      put(c, ["dedup"], dedup);
      put(c, ["output", "prefix"], prefix);
      put(c, ["metrics", "enabled"], false);
    }),
    "tandem.json",
  );
}

/** The changes that lie in a topic, by partition, once there are so many. */
async function changesOf(topic: string, count: number): Promise<string[][]> {
  const deadline = Date.now() + 60_000;
  while (!(await existingTopics(client())).includes(topic)) expect(Date.now()).toBeLessThan(deadline);
  const reader = await openReader(client(), topic);
  const found: string[][] = Array.from({ length: PARTITIONS }, () => []);
  while (found.flat().length < count && Date.now() < deadline)
    for (const { partition, value } of await reader.read())
      found[partition]?.push((JSON.parse(decoder.decode(value ?? undefined)) as Change).after.status);
  await reader.close();
  return found;
}

interface Change {
  readonly after: { readonly status: string };
}

async function stop(run: Tandem): Promise<void> {
  run.child.kill("SIGTERM");
  const { code, stderr } = await run.ended;
  expect([code, stderr]).toEqual([0, ""]);
}

describe.skipIf(!ok)("two connectors with separate topics", () => {
  it("are merged and deduplicated, and a replay gives the same again", async () => {
    await connector("a", "a.shop.orders");
    await connector("b", "b.shop.orders");
    const merge = configured(
      "merge",
      ["a.shop.orders", String.raw`/^b\..*/`],
      {
        mode: "merge",
        merge: { regex: String.raw`(a|b)\.(.*)`, topic: "$2", source: "$1" },
        sources: { header: "connector" },
      },
      "merged.",
    );
    const dedup = configured(
      "shop",
      ["merged.shop.orders"],
      { sources: { header: "connector", names: ["a", "b"] }, store: { type: "level", path: folder() } },
      "dedup.",
    );
    const expected = [0, 1].map((partition) =>
      Array.from({ length: CHANGES }, (_, i) => i + 1)
        .filter((sequence) => sequence % PARTITIONS === partition)
        .map(String),
    );
    const merging = new Tandem(["run", "--config", merge]);
    const first = new Tandem(["run", "--config", dedup]);
    expect(await changesOf("dedup.merged.shop.orders", CHANGES)).toEqual(expected);
    expect((await changesOf("merged.shop.orders", 2 * CHANGES)).flat()).toHaveLength(2 * CHANGES);
    await stop(first);
    const again = new Tandem(["run", "--config", dedup, "--from", "earliest"]);
    expect(await changesOf("dedup.merged.shop.orders", 2 * CHANGES)).toEqual(
      expected.map((values) => values.concat(values)),
    );
    await stop(again);
    expect(again.stdout).toContain("--from: a replay.");
    expect(again.stdout).toMatch(/merged\.shop\.orders-1: processed again from 0, below \d+ where it was/);
    await stop(merging);
  });

  it("say what is wrong with --from, exit 2", async () => {
    const path = configured("shop", ["x"], {}, "dedup.");
    const { code, stderr } = await tandem("run", "--config", path, "--from", "latest");
    expect(stderr).toMatch(/^tandem failed CONFIG_INVALID: --from: "latest" is none of: earliest; a time such as/);
    expect(code).toBe(2);
  });
});
