import { type Batch, passThrough, type PipelineOptions, type Transform, type Transport } from "@tandem-cdc/core";
import { createTopics } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadOf, valuesOf, writeLoad } from "./load.ts";
import { fresh, Running, stored } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

const PARTITIONS = 3;
const EARLIEST: Partial<PipelineOptions> = { replay: { from: "earliest" } };
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });

async function topic(word: string, partitions = PARTITIONS): Promise<string> {
  const name = fresh(word);
  await createTopics(client(), [{ topic: name, partitions }]);
  return name;
}

function start(input: string, options: Partial<PipelineOptions> = {}, instance = "0"): Running {
  return new Running({ name: `${input}.group`, instance, topics: [input], client: client() }, options);
}

/** Writes a load and runs a pipeline until all of it is emitted. */
async function processed(input: string, load: readonly (readonly string[])[]): Promise<void> {
  await writeLoad(kafka.bootstrap, input, load);
  const running = start(input);
  await running.until("all is out", ({ emitted }) => emitted >= load.flat().length);
  expect(await running.stop()).toBeNull();
}

async function output(input: string, count: number, partitions = PARTITIONS): Promise<(string | undefined)[][]> {
  return valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, count, 20_000), partitions);
}

const later = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));

describe.skipIf(!ok)("a deliberate replay on Kafka", () => {
  it("from the beginning gives the same output again; the next start goes on", async () => {
    const input = await topic("again");
    const load = loadOf(PARTITIONS, 800);
    await processed(input, load);
    const replay = start(input, EARLIEST);
    await replay.until("all is out again", ({ emitted }) => emitted === 2_400);
    expect(replay.of("noticed").map(({ text }) => text)).toContain("processed again from 0, below 800 where it was");
    expect(await replay.stop()).toBeNull();
    await writeLoad(kafka.bootstrap, input, [["new"]]);
    const next = start(input);
    await next.until("what is new is out", ({ emitted }) => emitted === 1);
    expect(await next.stop()).toBeNull();
    const [first = [], ...others] = load.map((values) => values.concat(values));
    expect(await output(input, 4_801)).toEqual([[...first, "new"], ...others]);
  });

  it("from a time gives again what came then or later", async () => {
    const input = await topic("since");
    await writeLoad(kafka.bootstrap, input, [["a"], ["b"], ["c"]]);
    await later();
    const timestamp = Date.now();
    await later();
    await processed(input, [["d"], ["e"]]);
    const replay = start(input, { replay: { from: { timestamp } } });
    await replay.until("it is out again", ({ emitted }) => emitted === 2);
    expect(await replay.stop()).toBeNull();
    expect(await output(input, 7)).toEqual([["a", "d", "d"], ["b", "e", "e"], ["c"]]);
  });

  it("is refused while another instance has lanes, which goes on undisturbed", async () => {
    const input = await topic("both");
    await processed(input, loadOf(PARTITIONS, 10));
    const other = start(input);
    await other.until("it has lanes", (r) => r.of("assigned").length > 0);
    const replay = start(input, EARLIEST, "1");
    expect(await replay.ended).toMatchObject({ code: "REPLAY_NOT_ALONE" });
    expect(replay.of("assigned")).toEqual([]);
    await writeLoad(kafka.bootstrap, input, [["x"], ["y"], ["z"]]);
    await other.until("what is new is out", ({ emitted }) => emitted === 3);
    expect(await other.stop()).toBeNull();
    expect((await output(input, 33)).map((values) => values.length)).toEqual([11, 11, 11]);
  });

  it("is refused also when it is given no lane at all", async () => {
    const input = await topic("none", 1);
    const other = start(input);
    await other.until("it has the lane", (r) => r.of("assigned").length > 0);
    expect(await start(input, EARLIEST, "1").ended).toMatchObject({ code: "REPLAY_NOT_ALONE" });
    expect(await other.stop()).toBeNull();
  });
});

describe.skipIf(!ok)("a lane that ends with the marker of a transaction", () => {
  it("reads as empty from its last record on: what moves the floor of a lane at rest", async () => {
    const input = await topic("marked", 1);
    await processed(input, [["a", "b"]]);
    const lane = { topic: `dedup.${input}`, partition: 0 };
    const transports: Transport[] = [];
    const reading = { name: fresh("reading"), topics: [lane.topic], client: client(), exclude: () => false };
    const running = new Running(reading, { output: { prefix: "next." } }, (made) => (transports.push(made), made));
    await running.until("all is out", ({ emitted }) => emitted === 2);
    const [transport] = transports;
    const bounds = await transport?.bounds?.(lane);
    const last = (await stored(kafka.bootstrap, lane.topic, 2)).at(-1)?.offset ?? 0;
    expect(bounds?.logStart).toBe(0);
    expect(bounds?.logEnd).toBeGreaterThan(last + 1);
    const read = async (from: number): Promise<number> => {
      let records = 0;
      const batches = transport?.read(lane, from, bounds?.logEnd ?? 0, new AbortController().signal) ?? [];
      for await (const batch of batches) records += batch.length;
      return records;
    };
    expect([await read(last + 1), await read(last)]).toEqual([0, 1]);
    expect(await running.stop()).toBeNull();
  });
});

describe.skipIf(!ok)("a transform that reroutes, as merge does,", () => {
  it("has its topics created with the input's number of partitions, whichever comes first", async () => {
    const input = await topic("from");
    const merged = fresh("to");
    const reroute: Transform = {
      name: "reroute",
      apply: (batch) => ({ ...passThrough(batch), next: { ...viewOf(batch), topic: () => merged } }),
    };
    await writeLoad(kafka.bootstrap, input, [["a"]]);
    const running = start(input, { transforms: [reroute] });
    await running.until("the first is out", ({ emitted }) => emitted === 1);
    await writeLoad(kafka.bootstrap, input, [["b"], ["c"], ["d"]]);
    await running.until("all is out", ({ emitted }) => emitted === 4);
    expect(await running.stop()).toBeNull();
    expect(await output(merged, 4)).toEqual([["a", "b"], ["c"], ["d"]]);
  });
});

function viewOf(batch: Batch): Batch {
  const { lane, length } = batch;
  return {
    lane,
    length,
    offset: (i) => batch.offset(i),
    timestamp: (i) => batch.timestamp(i),
    key: (i) => batch.key(i),
    value: (i) => batch.value(i),
    headers: (i) => batch.headers(i),
    topic: (i) => batch.topic(i),
    partition: (i) => batch.partition(i),
  };
}
