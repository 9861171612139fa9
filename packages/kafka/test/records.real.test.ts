import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  type LaneContext,
  OutcomesBuilder,
  passThrough,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { createTopics } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../src/internal/call.ts";
import { connected } from "../src/internal/connected.ts";
import { native } from "../src/internal/rdkafka.ts";
import { loadOf, valuesOf, writeLoad } from "./load.ts";
import { produceRaw, type WireRecord } from "./raw-produce.ts";
import { bytes, DAY, DELICATE, fresh, overriding, plain, Running, stored, textOf, within } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false, properties: { "log.retention.ms": "-1" } });
});
afterAll(() => kafka?.stop());

const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });

/** A new topic; returns its name. */
async function topic(word: string, partitions: number, config: Record<string, string> = {}): Promise<string> {
  const name = fresh(word);
  await createTopics(client(), [{ topic: name, partitions, config }]);
  return name;
}

async function deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tandem-kafka-"));
  const file = join(folder, "offsets.json");
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition, offset }] }));
  await kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", ["--offset-json-file", file]);
  rmSync(folder, { recursive: true });
}

const GOOD: WireRecord = { key: bytes("good"), value: bytes("good"), timestamp: DAY };
const ALL = { tolerance: "all", deadLetterTopic: "dead" } as const;

describe.skipIf(!ok)("records", () => {
  it("go out byte for byte, to the same partition, into topics with the input's partition count", async () => {
    const input = await topic("bytes", 3);
    const records = [...DELICATE, { ...GOOD, timestamp: -1 }];
    for (let partition = 0; partition < 3; partition++)
      await produceRaw(kafka.bootstrap, input, partition, records.slice(partition));
    const running = new Running({ name: fresh("bytes"), topics: [input], client: client() });
    await running.until("all are out", (r) => r.emitted >= 18);
    expect(await running.stop()).toBeNull();
    const out = await stored(kafka.bootstrap, `dedup.${input}`, 18);
    for (let partition = 0; partition < 3; partition++)
      expect(out.filter((record) => record.partition === partition).map(plain)).toEqual(
        records.slice(partition).map(plain),
      );
    expect(await kafka.endOffsets(`dedup.${input}`)).toHaveLength(3);
  });

  it("of an output topic with too few partitions are refused, with advice", async () => {
    const input = await topic("wide", 3);
    await createTopics(client(), [{ topic: `dedup.${input}`, partitions: 2 }]);
    await produceRaw(kafka.bootstrap, input, 0, [GOOD]);
    const running = new Running({ name: fresh("wide"), topics: [input], client: client() });
    expect(await within(30_000, running.ended)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        /has 2 partition\(s\), and a record goes to partition 2.*add partitions to the output topic, or choose another output.prefix/,
      ) as string,
    });
    expect(await kafka.endOffsets(`dedup.${input}`)).toEqual([0, 0]);
  });

  it.each([
    ["a partition that its topic has not", { partition: 7 }, /has 1 partition/],
    ["a topic that cannot be", { topic: "t".repeat(245) }, /creating topic/],
  ])("that a transform sends to %s are at fault, alone", async (_, change, why) => {
    const input = await topic("nowhere", 1);
    const dead = await topic("dead", 1);
    await createTopics(client(), [{ topic: `dedup.${input}`, partitions: 1 }]);
    await produceRaw(kafka.bootstrap, input, 0, [GOOD, { ...GOOD, value: bytes("astray") }, GOOD]);
    const astray: Transform = {
      name: "astray",
      apply(batch) {
        const outcomes = new OutcomesBuilder("astray", batch);
        for (let i = 0; i < batch.length; i++) if (textOf(batch.value(i)) === "astray") outcomes.replace(i, [change]);
        return outcomes.done();
      },
    };
    const running = new Running(
      { name: fresh("nowhere"), topics: [input], client: client() },
      { transforms: [astray], errors: { ...ALL, deadLetterTopic: dead } },
    );
    await running.until("two are out", (r) => r.emitted >= 2);
    expect(running.of("rejected").at(-1)?.rejection.cause.message).toMatch(why);
    expect(await running.stop()).toBeNull();
    expect(await stored(kafka.bootstrap, dead, 1)).toHaveLength(1);
  });

  it("of an aborted transaction do not come in", async () => {
    const input = await topic("aborted", 1);
    const producer = new (native().Producer)({ ...client(), "transactional.id": fresh("other") });
    await connected("connecting", producer);
    await call("init", 20_000, (done) => producer.initTransactions(10_000, done));
    for (const [fate, value] of [
      ["abort", "a"],
      ["commit", "b"],
      ["abort", "c"],
      ["commit", "d"],
    ] as const) {
      await call("begin", 20_000, (done) => producer.beginTransaction(done));
      producer.produce(input, 0, bytes(value), null, DAY);
      await call("flush", 20_000, (done) => producer.flush(10_000, done));
      await call(fate, 20_000, (done) =>
        fate === "abort" ? producer.abortTransaction(10_000, done) : producer.commitTransaction(10_000, done),
      );
    }
    const running = new Running({ name: fresh("aborted"), topics: [input], client: client() });
    await running.until("what was committed is out", (r) => r.emitted >= 2);
    expect(await running.stop()).toBeNull();
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, 2), 1)).toEqual([["b", "d"]]);
    await call("disconnect", 20_000, (done) => producer.disconnect(() => done(null)));
  });
});

describe.skipIf(!ok)("lane state", () => {
  it("and offsets come back after a restart, and only new records are read", async () => {
    const input = await topic("restart", 2);
    const name = fresh("restart");
    const found: [number, unknown, number][] = [];
    const counting: Transform = {
      name: "counting",
      openLane: (context: LaneContext) => void found.push([context.lane.partition, context.state, context.startOffset]),
      apply(batch, context) {
        context.state = { count: ((context.state as { count?: number } | undefined)?.count ?? 0) + batch.length };
        return passThrough(batch);
      },
    };
    const start = (): Running => new Running({ name, topics: [input], client: client() }, { transforms: [counting] });
    const load = loadOf(2, 300);
    await writeLoad(
      kafka.bootstrap,
      input,
      load.map((values) => values.slice(0, 200)),
    );
    const first = start();
    await first.until("the first part is out", (r) => r.emitted >= 400);
    expect(await first.stop()).toBeNull();
    await writeLoad(
      kafka.bootstrap,
      input,
      load.map((values) => values.slice(200)),
    );
    const second = start();
    await second.until("the rest is out", (r) => r.emitted >= 200);
    expect(await second.stop()).toBeNull();
    expect(found.slice(-2).toSorted(([a], [b]) => a - b)).toEqual([
      [0, { count: 200 }, 200],
      [1, { count: 200 }, 200],
    ]);
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, 600), 2)).toEqual(load);
  });

  it("lies in one compacted topic with small segments", async () => {
    const input = await topic("lanes", 1);
    const name = fresh("lanes");
    const running = new Running({ name, topics: [input], client: client() });
    await running.until("the first floor is committed", (r) => r.of("committed").length > 0);
    expect(await running.stop()).toBeNull();
    const said = await kafka.tool("org.apache.kafka.tools.TopicCommand", ["--describe", "--topic", `${name}.lanes`]);
    expect(said).toMatch(/PartitionCount: 1\b/);
    for (const config of [
      "cleanup.policy=compact",
      "segment.bytes=8388608",
      "max.compaction.lag.ms=3600000",
      "retention.ms=-1",
    ])
      expect(said).toContain(config);
    expect((await stored(kafka.bootstrap, `${name}.lanes`, 2)).map(({ key }) => textOf(key))).toEqual([
      "instance:0",
      `${input}-0`,
    ]);
  });
});

describe.skipIf(!ok)("a record that the broker refuses", () => {
  const HUGE: WireRecord = { key: bytes("huge"), value: randomBytes(2_000_000), timestamp: DAY };
  async function withHuge(): Promise<string> {
    const input = await topic("huge", 1, { "max.message.bytes": "4000000" });
    for (const record of [...Array.from({ length: 6 }, () => GOOD), HUGE, GOOD, HUGE, GOOD])
      await produceRaw(kafka.bootstrap, input, 0, [record]);
    return input;
  }

  it("is found and becomes a dead letter without its value; everything else flows", async () => {
    const input = await withHuge();
    const running = new Running({ name: fresh("huge"), topics: [input], client: client() }, { errors: ALL });
    await running.until(
      "all are judged",
      (r) => r.emitted >= 8 && r.of("committed").some(({ lanes }) => lanes[0]?.nextOffset === 10),
    );
    expect(await running.stop()).toBeNull();
    expect((await stored(kafka.bootstrap, `dedup.${input}`, 8)).map(plain)).toEqual(
      Array.from({ length: 8 }, () => plain(GOOD)),
    );
    const letters = await stored(kafka.bootstrap, "dead", 2);
    const offsets = letters.map(({ headers }) =>
      textOf(headers.find(([name]) => name === "__connect.errors.offset")?.[1]),
    );
    expect(letters.map(({ key, value }) => [textOf(key), value])).toEqual([
      ["huge", null],
      ["huge", null],
    ]);
    expect(offsets).toEqual(["6", "8"]);
  });

  it("ends the pipeline when nothing is tolerated: coordinate, cause, advice", async () => {
    const input = await withHuge();
    const running = new Running({ name: fresh("huge"), topics: [input], client: client() });
    expect(await within(60_000, running.ended)).toMatchObject({
      code: "RECORD_POISON",
      message: expect.stringMatching(
        new RegExp(`${input}-0@6 is refused: .*too large.*errors.tolerance`, "is"),
      ) as string,
    });
    expect(await stored(kafka.bootstrap, `dedup.${input}`, 6)).toHaveLength(6);
  });
});

describe.skipIf(!ok)("records that left the log before they were read", () => {
  /** The client swallows the error when records precede it in a poll, and then reads that lane no more. */
  const swallowing = (transport: Transport): Transport =>
    overriding(transport, { poll: () => transport.poll().catch((): readonly Batch[] => []) });

  it.each([
    ["by the client's error", (transport: Transport) => transport],
    ["also when the client swallows it", swallowing],
  ])("stop the pipeline %s", async (_how, around) => {
    const input = await topic("gone", 1);
    await writeLoad(kafka.bootstrap, input, [Array.from({ length: 3_000 }, (_, i) => `${i}`.padStart(2_000, "x"))]);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow: Transform = { name: "slow", apply: (batch) => gate.then(() => passThrough(batch)) };
    const small = { "queued.min.messages": 1, "queued.max.messages.kbytes": 100, "fetch.message.max.bytes": 50_000 };
    const running = new Running(
      { name: fresh("gone"), topics: [input], client: client(), consumer: small },
      { transforms: [slow], maxBufferedBytes: 1 },
      around,
    );
    await running.until("the lane is paused", (r) => r.of("paused").length > 0);
    await deleteRecords(input, 0, 2_900);
    release();
    expect(await within(60_000, running.ended)).toMatchObject({ code: "LANE_OFFSET_OUT_OF_RANGE" });
  });
});
