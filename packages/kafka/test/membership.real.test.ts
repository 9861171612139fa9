import { type AssignmentListener, laneId, passThrough, type Transform, type Transport } from "@tandem-cdc/core";
import { createTopics, kafkaTransport } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../src/internal/call.ts";
import { connected } from "../src/internal/connected.ts";
import { native } from "../src/internal/rdkafka.ts";
import { Sender } from "../src/internal/sender.ts";
import { OutputTopics } from "../src/internal/topics.ts";
import { confsOf } from "../src/options.ts";
import { loadOf, valuesOf, writeLoad } from "./load.ts";
import { fresh, overriding, Running, stored, within } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

const PARTITIONS = 4;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });

async function topic(word: string): Promise<string> {
  const name = fresh(word);
  await createTopics(client(), [{ topic: name, partitions: PARTITIONS }]);
  return name;
}

function start(
  name: string,
  input: string,
  instance: string,
  around?: (transport: Transport) => Transport,
  transforms: readonly Transform[] = [],
): Running {
  return new Running({ name, instance, topics: [input], client: client() }, { transforms }, around);
}

const assigned = (running: Running): number => running.of("assigned").at(-1)?.lanes.length ?? 0;

describe.skipIf(!ok)("fencing", () => {
  it("an old producer of the same id cannot commit any more, and the new one can", async () => {
    const input = await topic("fence");
    const name = fresh("fence");
    const confs = confsOf({ name, topics: [input], client: client() });
    const progress = [{ lane: { topic: input, partition: 0 }, nextOffset: 0, state: new Uint8Array() }];
    const consumer = new (native().KafkaConsumer)(confs.reader, {});
    await connected("connecting", consumer);
    await createTopics(client(), [{ topic: `${name}.lanes`, partitions: 1 }]);
    const sender = (): Sender =>
      new Sender(confs.producer, new OutputTopics(confs.admin), `${name}.lanes`, () => undefined);
    const [older, newer] = [sender(), sender()];
    await older.open();
    await older.begin();
    await newer.open();
    await expect(older.commit(progress, consumer)).rejects.toMatchObject({
      code: "TRANSACTION_FAILED",
      fate: "fatal",
      message: expect.stringMatching(/fenced/i) as string,
    });
    await newer.begin();
    await newer.commit(progress, consumer);
    expect(await stored(kafka.bootstrap, `${name}.lanes`, 1)).toHaveLength(1);
    await Promise.all([older.close(), newer.close()]);
    await call("disconnecting", 20_000, (done) => consumer.disconnect(() => done(null)));
  });

  it("of two live processes under one name and instance the newer one lives, undisturbed; the older one ends with advice, and nothing comes out twice", async () => {
    const input = await topic("rival");
    const name = fresh("rival");
    const load = loadOf(PARTITIONS, 1_500);
    const older = start(name, input, "0");
    await older.until("it owns all", (r) => assigned(r) === PARTITIONS);
    const rivals = [older];
    const writing = writeLoad(kafka.bootstrap, input, load, async () => {
      if (rivals.length === 1) rivals.push(start(name, input, "0"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(await within(60_000, older.ended)).toMatchObject({
      code: "INSTANCE_FENCED",
      message: expect.stringContaining('give each instance its own "instance"') as string,
    });
    await writing;
    const out = await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 1_500, 30_000);
    expect(valuesOf(out, PARTITIONS)).toEqual(load);
    expect(rivals.flatMap(({ notices }) => notices).filter((notice) => /joining again/.test(notice))).toEqual([]);
    expect(await rivals[1]?.stop()).toBeNull();
  });
});

describe.skipIf(!ok)("a member that the group refuses", () => {
  it("joins again by itself when there is no rival, and nothing is lost or doubled", async () => {
    const input = await topic("refused");
    const name = fresh("refused");
    const load = loadOf(PARTITIONS, 1_000);
    const one = start(name, input, "0");
    await one.until("it owns all", (r) => assigned(r) === PARTITIONS);
    const half = load.map((values) => values.slice(0, 500));
    await writeLoad(kafka.bootstrap, input, half);
    const { consumer: conf } = confsOf({ name, instance: "0", topics: [input], client: client() });
    const passing = new (native().KafkaConsumer)(conf, {});
    await connected("connecting", passing);
    passing.subscribe([input]);
    await one.until("it was told", (r) => r.notices.some((notice) => /joining again/.test(notice)));
    await call("disconnecting", 20_000, (done) => passing.disconnect(() => done(null)));
    await writeLoad(
      kafka.bootstrap,
      input,
      load.map((values) => values.slice(500)),
    );
    const out = await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 1_000, 30_000);
    expect(valuesOf(out, PARTITIONS)).toEqual(load);
    expect(await one.stop()).toBeNull();
  });
});

/** Tells in which order a transport's transactions and revocations end; a commit waits until a revocation has begun. */
function watched(told: string[]): (transport: Transport) => Transport {
  let revoking: () => void = () => undefined;
  const revocation = new Promise<void>((resolve) => (revoking = resolve));
  let held = false;
  return (transport) =>
    overriding(transport, {
      connect: (listener) =>
        transport.connect({
          assigned: (lanes) => listener.assigned(lanes),
          failed: (error) => listener.failed(error),
          async revoked(lanes, lost) {
            told.push("revoking");
            revoking();
            await listener.revoked(lanes, lost);
            told.push("revoked");
          },
        }),
      async commit(progress) {
        if (!held && progress.some(({ nextOffset }) => nextOffset > 0)) {
          held = true;
          await revocation;
        }
        await transport.commit(progress);
        told.push("committed");
      },
    });
}

describe.skipIf(!ok)("rebalances", () => {
  it("an open transaction ends before its partitions are given up, and nothing is lost or doubled", async () => {
    const input = await topic("rebalance");
    const name = fresh("rebalance");
    const load = loadOf(PARTITIONS, 1_000);
    const told: string[] = [];
    const one = start(name, input, "1", watched(told));
    await one.until("it owns all", (r) => assigned(r) === PARTITIONS);
    await writeLoad(
      kafka.bootstrap,
      input,
      load.map((values) => values.slice(0, 500)),
    );
    const two = start(name, input, "2");
    await two.until("it owns its half", (r) => assigned(r) === PARTITIONS / 2);
    await one.until("it owns its half", (r) => assigned(r) === PARTITIONS / 2);
    expect(told.slice(told.indexOf("revoking"), told.indexOf("revoked") + 1)).toEqual([
      "revoking",
      "committed",
      "revoked",
    ]);
    await writeLoad(
      kafka.bootstrap,
      input,
      load.map((values) => values.slice(500)),
    );
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 1_000), PARTITIONS)).toEqual(load);
    const lanes = [one, two].map(
      (r) =>
        r
          .of("assigned")
          .at(-1)
          ?.lanes.map(({ lane }) => laneId(lane)) ?? [],
    );
    expect(new Set(lanes.flat()).size).toBe(PARTITIONS);
    // Static membership: an instance that comes back within its session disturbs nobody.
    const before = [one.of("assigned").length, one.of("revoked").length];
    expect(await two.stop()).toBeNull();
    const again = start(name, input, "2");
    await again.until("it has its half again", (r) => assigned(r) === PARTITIONS / 2);
    expect(again.of("assigned")[0]?.lanes.map(({ lane }) => laneId(lane))).toEqual(lanes[1]);
    expect([one.of("assigned").length, one.of("revoked").length]).toEqual(before);
    expect(await Promise.all([one.stop(), again.stop()])).toEqual([null, null]);
  });

  it("a stop that leaves the group hands its lanes on within seconds, and nothing is lost or doubled", async () => {
    const input = await topic("leave");
    const name = fresh("leave");
    const load = loadOf(PARTITIONS, 500);
    const consumer = { "session.timeout.ms": 45_000 };
    const options = { name, topics: [input], client: client(), consumer };
    const leaving = new Running({ ...options, instance: "2", leaveOnStop: true });
    const one = new Running({ ...options, instance: "1" });
    await leaving.until("it owns its half", (r) => assigned(r) === PARTITIONS / 2);
    await one.until("it owns its half", (r) => assigned(r) === PARTITIONS / 2);
    await writeLoad(kafka.bootstrap, input, load);
    const began = Date.now();
    expect(await leaving.stop()).toBeNull();
    await one.until("it owns all", (r) => assigned(r) === PARTITIONS);
    // The place of a member that stays would be kept for the session.
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 500), PARTITIONS)).toEqual(load);
    expect(await one.stop()).toBeNull();
  });

  it("work under way on a revoked lane is thrown away", async () => {
    const input = await topic("thrown");
    const name = fresh("thrown");
    const load = loadOf(PARTITIONS, 10);
    let entered: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const stuck: Transform = {
      name: "stuck",
      async apply(batch, { signal }) {
        entered();
        signal.addEventListener("abort", release);
        await gate;
        return passThrough(batch);
      },
    };
    const one = start(name, input, "1", undefined, [stuck]);
    await writeLoad(kafka.bootstrap, input, load);
    await inside;
    const two = start(name, input, "2", undefined, [{ name: "stuck", apply: (batch) => passThrough(batch) }]);
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 10), PARTITIONS)).toEqual(load);
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([null, null]);
  });
});

describe.skipIf(!ok)("offsets", () => {
  it("are sent only for lanes that are assigned and have advanced, never none", async () => {
    const input = await topic("offsets");
    const name = fresh("offsets");
    const transport = kafkaTransport({ name, topics: [input], client: client() });
    const lanes: string[] = [];
    const listener: AssignmentListener = {
      assigned: (given) => (
        lanes.push(...given.map((lane) => laneId(lane))),
        Promise.resolve(given.filter(({ partition }) => partition > 0).map((lane) => ({ lane, offset: 0 })))
      ),
      revoked: () => Promise.resolve(),
      failed: () => undefined,
    };
    await transport.connect(listener);
    while (lanes.length < PARTITIONS) await transport.poll();
    const of = (partition: number): Parameters<Transport["commit"]>[0][number] => ({
      lane: { topic: input, partition },
      nextOffset: 0,
      state: Buffer.from("{}"),
    });
    await transport.begin();
    await expect(transport.commit([])).rejects.toMatchObject({ fate: "abortable", message: "nothing to commit" });
    await expect(transport.commit([of(1), of(0)])).rejects.toMatchObject({
      fate: "abortable",
      message: expect.stringContaining(`lane ${input}-0 is not assigned`) as string,
    });
    await transport.abort();
    await transport.begin();
    await transport.commit([of(1)]);
    const starts = await transport.laneStarts([1, 2].map((partition) => ({ topic: input, partition })));
    expect(starts.map(({ committed, state }) => [committed, state && Buffer.from(state).toString()])).toEqual([
      [0, "{}"],
      [null, null],
    ]);
    await transport.close();
  });
});
