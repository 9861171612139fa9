import { createTopics, type DevelopmentCluster, developmentCluster, openWriter } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { produceRaw, type WireRecord } from "./raw-produce.ts";
import { bytes, DAY, DELICATE, fresh, plain, Running, stored, textOf, within } from "./support.ts";

/** Every topic of a development cluster has four partitions. */
const PARTITIONS = 4;
/** The mock brokers wait for a session when a member joins again; shorter ones expire while it joins. */
const CONSUMER = { "session.timeout.ms": 4_000, "heartbeat.interval.ms": 200 };

let cluster: DevelopmentCluster;
/** Three pipelines in one process. */
let named: Running;
let matched: Running;
let strict: Running;

const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": cluster.bootstrap });
const write = (topic: string, partition: number, records: readonly WireRecord[]): Promise<void> =>
  produceRaw(cluster.bootstrap, topic, partition, records);

const BINARY: WireRecord = {
  key: bytes("bad"),
  value: bytes("carried"),
  timestamp: DAY,
  headers: [
    ["binary", Buffer.from([1, 0, 255])],
    ["text", bytes("kept")],
    ["constructor", bytes("kept too")],
    ["__proto__", bytes("x")],
  ],
};
const GOOD: WireRecord = { key: bytes("good"), value: bytes("good"), timestamp: DAY };

beforeAll(async () => {
  cluster = await developmentCluster();
  await createTopics(
    client(),
    ["one", "two", "in.first", "in.new.not", "strict"].map((topic) => ({ topic, partitions: PARTITIONS })),
  );
  for (let partition = 0; partition < PARTITIONS; partition++) await write("one", partition, DELICATE.slice(partition));
  await write("two", 3, [GOOD]);
  await write("in.first", 0, [GOOD, BINARY, GOOD, { ...BINARY, timestamp: 0, headers: [] }, GOOD]);
  await write("strict", 0, [GOOD, BINARY]);
  const errors = { tolerance: "all", deadLetterTopic: "dead" } as const;
  named = new Running({ name: "named", topics: ["one", "two", "missing"], client: client(), consumer: CONSUMER });
  matched = new Running(
    { name: "matched", topics: [/^in\.(?!.*not$)/], client: client(), consumer: CONSUMER },
    { errors },
  );
  strict = new Running({ name: "strict", topics: ["strict"], client: client() });
});
afterAll(async () => {
  await Promise.all([named?.stop(), matched?.stop(), strict?.stop()]);
  await cluster?.close();
});

it("key, value, headers, timestamp and partition go out byte for byte", async () => {
  const count = DELICATE.length * 4 - 6;
  await named.until("all are out", (r) => r.emitted > count);
  const out = await stored(cluster.bootstrap, "dedup.one", count);
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect(out.filter((record) => record.partition === partition).map(plain)).toEqual(
      DELICATE.slice(partition).map(plain),
    );
});

it("a header that may have been null is told of, once", () => {
  expect(
    named.notices.filter((notice) => /header "twice" of record one-\d@\d is empty or null/.test(notice)),
  ).toHaveLength(1);
});

it("several topics by name, and the missing one is told of", async () => {
  await named.until("both topics are read", (r) => r.emitted > DELICATE.length * 4 - 6);
  expect((await stored(cluster.bootstrap, "dedup.two", 1)).map(({ partition }) => partition)).toEqual([3]);
  expect(named.notices.join()).toContain("input topic missing does not exist yet");
});

it("a record with a header or timestamp that the client cannot carry is a dead letter; everything else flows", async () => {
  await matched.until("the dead letters are out", (r) => r.of("rejected").length >= 2 && r.emitted >= 3);
  expect((await stored(cluster.bootstrap, "dedup.in.first", 3)).map(plain)).toEqual([GOOD, GOOD, GOOD].map(plain));
  const [binary, epoch] = await stored(cluster.bootstrap, "dead", 2);
  const context = new Map(binary?.headers.map(([name, value]) => [name, textOf(value)]));
  expect(binary).toMatchObject({ key: bytes("bad"), value: null, timestamp: DAY });
  expect(Object.fromEntries(context)).toMatchObject({
    text: "kept",
    "__connect.errors.topic": "in.first",
    "__connect.errors.offset": "1",
    "__connect.errors.stage": "KAFKA_PRODUCE",
    "__connect.errors.exception.message": expect.stringContaining('header "binary" contains a NUL byte') as string,
  });
  expect(context.get("constructor")).toBe("kept too");
  expect([...context.keys()]).not.toContain("binary");
  expect(textOf(epoch?.headers.find(([name]) => name.endsWith("exception.message"))?.[1])).toContain("timestamp 0");
  expect(matched.of("aborted").length).toBe(2);
});

it("such a record ends the pipeline when nothing is tolerated: name, coordinate, advice", async () => {
  expect(await within(20_000, strict.ended)).toMatchObject({
    code: "RECORD_POISON",
    message: expect.stringMatching(
      /strict-0@1.*header "binary" contains a NUL byte.*DropHeaders.*errors.tolerance/s,
    ) as string,
    cause: { code: "HEADER_NOT_REPRESENTABLE" },
  });
});

it("a new topic that matches is picked up while running, one that does not match is left alone", async () => {
  await createTopics(client(), [{ topic: "in.second", partitions: PARTITIONS }]);
  await write("in.new.not", 0, [GOOD]);
  await write("in.second", 2, [{ ...GOOD, value: bytes("new") }]);
  await matched.until("the new topic is read", (r) =>
    r.of("committed").some(({ outputs }) => outputs.some(({ lane }) => lane.topic === "in.second")),
  );
  expect(
    (await stored(cluster.bootstrap, "dedup.in.second", 1)).map(({ partition, value }) => [partition, textOf(value)]),
  ).toEqual([[2, "new"]]);
  expect(matched.of("polled").some(({ batch }) => batch.lane.topic === "in.new.not")).toBe(false);
  // What was committed before the group joined again is not read again.
  expect(matched.of("assigned").at(-1)?.lanes).toContainEqual(
    expect.objectContaining({ lane: { topic: "in.first", partition: 0 }, offset: 5 }),
  );
});

it("a trickle is not held back until a poll is full", async () => {
  const writer = await openWriter(client());
  const before = named.emitted;
  for (let i = 0; i < 300; i++) {
    await writer.write({ topic: "two", partition: 0, key: null, value: bytes(`${i}`) });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(named.emitted).toBeGreaterThan(before);
  await writer.close();
  await named.until("the trickle is out", (r) => r.emitted >= before + 300);
});

it("a header without text is refused by a writer too", async () => {
  const writer = await openWriter(client());
  const headers = [{ key: "b", value: Buffer.from([0xff]) }];
  await expect(writer.write({ topic: "two", partition: 1, key: null, value: null, headers })).rejects.toMatchObject({
    code: "HEADER_NOT_REPRESENTABLE",
  });
  await writer.close();
});

it("a stop ends in bounded time, and leaves nothing assigned", async () => {
  const other = new Running({ name: fresh("idle"), topics: ["nowhere"], client: client() });
  await other.until("connected", (r) => r.of("connected").length > 0);
  expect(await within(15_000, Promise.all([named.stop(), matched.stop(), other.stop()]))).toEqual([null, null, null]);
  const revoked = named.of("revoked").flatMap(({ lanes }) => lanes);
  expect(revoked).toHaveLength(named.of("assigned").flatMap(({ lanes }) => lanes).length);
});
