import { readFileSync } from "node:fs";
import { laneId } from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { explain, recordAt } from "../src/explain/explanation.ts";
import { dedupStage } from "../src/run/dedup-stage.ts";
import { strategiesOf } from "../src/run/strategies.ts";
import { surveyTopics, type TopicsSurvey } from "../src/survey/topics-survey.ts";
import { headerOf, logOf } from "./log.ts";
import { registryServer } from "./registry.ts";
import { least, parse, put } from "./support.ts";

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly ts: number;
  readonly connector: string;
  readonly key: string | null;
  readonly value: string | null;
}

const FIXTURES = new URL("../../debezium/test/fixtures/", import.meta.url);
const bytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text, "base64"));

/** What two real connectors sent as Avro to the first partition of a topic. */
function recorded(name: string, topic: string): ReturnType<typeof logOf> {
  const lines = readFileSync(new URL(`${name}.jsonl`, FIXTURES), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  return logOf(
    topic,
    lines
      .filter((line) => line.topic === topic && line.partition === 0)
      .map(({ connector, key, ts, value }) => ({
        timestamp: ts,
        key: bytes(key),
        value: bytes(value),
        headers: headerOf(connector),
      })),
  );
}

async function configOf(name: string, format = "avro"): Promise<ReturnType<typeof parse>["config"]> {
  const schemas = JSON.parse(readFileSync(new URL(`${name}-schemas.json`, FIXTURES), "utf8")) as Record<
    string,
    unknown
  >;
  const url = await registryServer(schemas);
  return parse(
    least((c) => {
      put(c, ["input"], { topics: ["t"], format, registry: { url } });
      put(c, ["dedup", "sources"], { header: "connector" });
    }),
  ).config;
}

async function surveyed(name: string, topic: string, format?: string): Promise<TopicsSurvey> {
  return surveyTopics({
    identity: (await strategiesOf(await configOf(name, format), "t")).identity,
    hash: await loadHash(),
    header: "connector",
    maxChanges: 10_000,
    reader: recorded(name, topic),
    topics: [topic],
    since: "all",
    now: 0,
    signal: new AbortController().signal,
  });
}

describe("Avro of real connectors", () => {
  it.each([
    ["mariadb-avro", "cdc.shop.orders", "avro"],
    ["mariadb-avro", "cdc.shop.orders", "auto"],
    ["mariadb-avro", "cdc.shop.log", "avro"],
    ["mariadb-avro", "cdc.transaction", "avro"],
    ["mariadb-avro", "cdc", "avro"],
    ["postgresql-avro", "cdc.public.orders", "avro"],
    ["postgresql-avro", "cdc.public.items", "avro"],
    ["postgresql-avro", "cdc.public.log", "avro"],
    ["postgresql-avro", "cdc.transaction", "avro"],
    ["postgresql-avro", "cdc.message", "avro"],
  ])("%s: %s as %s is identified, and each change has its copy", async (name, topic, format) => {
    const { total } = await surveyed(name, topic, format);
    expect(total.samples.get("unidentifiable") ?? []).toEqual([]);
    expect(total.changes).toBeGreaterThan(0);
    expect(total).toMatchObject({ divergences: 0, ambiguous: 0, singleSource: 0, unfinished: [] });
    expect(total.everywhere).toBe(total.changes);
  });

  it("heartbeats are ignored", async () => {
    const { total } = await surveyed("postgresql-avro", "__debezium-heartbeat.cdc");
    expect(total).toMatchObject({ records: 8, ignored: 8, changes: 0 });
  });

  it("a record is explained by the names of its fields", async () => {
    const name = "mariadb-avro";
    const lane = { topic: "cdc.shop.orders", partition: 0 };
    const config = await configOf(name);
    const hash = await loadHash();
    const reader = recorded(name, lane.topic);
    const { end } = await reader.bounds(lane);
    const fates = new Map<string, number>();
    for (let offset = 0; offset < end; offset++) {
      const question = {
        reader,
        lane,
        offset,
        end,
        start: 0,
        partitions: 1,
        since: "all" as const,
        pipeline: "orders",
        identity: (await strategiesOf(config, "t")).identity,
        stage: ((identity, keyStore, clock) => dedupStage(config, { identity, keyStore, hash, clock })) as Parameters<
          typeof explain
        >[0]["stage"],
        horizonMs: config.dedup.horizon,
        header: "connector",
        past: null,
        signal: new AbortController().signal,
      };
      const record = await recordAt(question);
      if (record === null) throw new Error(`nothing at ${laneId(lane)}@${offset}`);
      const { fate, fields, seen } = await explain(question, record);
      fates.set(fate.reason, (fates.get(fate.reason) ?? 0) + 1);
      if (seen?.verdict === "change") expect(fields.every((each) => !each.name.startsWith("#"))).toBe(true);
    }
    expect([...fates.keys()].toSorted()).toEqual(expect.arrayContaining(["duplicate", "first"]));
    expect(fates.get("rejected")).toBeUndefined();
  });
});
