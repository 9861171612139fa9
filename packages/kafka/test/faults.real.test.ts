import { createTopics } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadOf, valuesOf, writeLoad } from "./load.ts";
import { fresh, Running, stored, within } from "./support.ts";

const { ok } = await available(["kafka"]);

/** Three: a single broker that is killed right after a commit can lose the commit's markers (docs/decisions.md). */
let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ brokers: 3, autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

const PARTITIONS = 2;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });

async function topic(word: string): Promise<string> {
  const name = fresh(word);
  await createTopics(client(), [{ topic: name, partitions: PARTITIONS }]);
  return name;
}

/** Every input partition is committed up to there. */
function committedTo(end: number): (running: Running) => boolean {
  return (running) =>
    running
      .of("committed")
      .flatMap(({ lanes }) => lanes)
      .filter(({ nextOffset }) => nextOffset === end).length >= PARTITIONS;
}

it.skipIf(!ok)(
  "a broker that is killed and comes back under load: the pipeline goes on by itself, nothing lost or doubled",
  async () => {
    const input = await topic("killed");
    const load = loadOf(PARTITIONS, 30_000);
    const part = (from: number, to: number): string[][] => load.map((values) => values.slice(from, to));
    await writeLoad(kafka.bootstrap, input, part(0, 20_000));
    const running = new Running(
      { name: fresh("killed"), topics: [input], client: client(), pollRecords: 100 },
      { maxBufferedBytes: 1 },
    );
    await running.until("it is under way", (r) => r.emitted > 2_000);
    await kafka.brokers[0]?.kill("SIGKILL");
    expect(running.emitted).toBeLessThan(PARTITIONS * 20_000);
    await kafka.brokers[0]?.restart();
    await writeLoad(kafka.bootstrap, input, part(20_000, 30_000));
    await running.until("all is out", committedTo(30_000), 150_000);
    expect(await running.stop()).toBeNull();
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 30_000), PARTITIONS)).toEqual(load);
  },
);

it.skipIf(!ok)(
  "brokers that are killed one after the other: the member joins again wherever its group went, nothing lost or doubled",
  async () => {
    const input = await topic("rolling");
    const load = loadOf(PARTITIONS, 14_000);
    const part = (from: number, to: number): string[][] => load.map((values) => values.slice(from, to));
    await writeLoad(kafka.bootstrap, input, part(0, 4_000));
    const running = new Running(
      { name: fresh("rolling"), topics: [input], client: client(), pollRecords: 100 },
      { maxBufferedBytes: 1 },
    );
    await running.until("it is under way", (r) => r.emitted > 2_000);
    for (const [i, broker] of kafka.brokers.entries()) {
      await broker.kill("SIGKILL");
      await writeLoad(kafka.bootstrap, input, part(4_000 + i * 3_000, 7_000 + i * 3_000));
      await broker.restart();
    }
    await writeLoad(kafka.bootstrap, input, part(13_000, 14_000));
    await running.until("all is out", committedTo(14_000), 150_000);
    expect(await running.stop()).toBeNull();
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 14_000), PARTITIONS)).toEqual(load);
  },
);

it.skipIf(!ok)(
  "a stop while no broker answers ends in bounded time, and so does one while connecting; what was open is taken up again",
  async () => {
    const input = await topic("frozen");
    const name = fresh("frozen");
    const load = loadOf(PARTITIONS, 20_000);
    await writeLoad(kafka.bootstrap, input, load);
    const start = (): Running =>
      new Running({ name, topics: [input], client: client(), pollRecords: 100 }, { maxBufferedBytes: 1 });
    const running = start();
    await running.until("it is under way", (r) => r.emitted > 1_000);
    await Promise.all(kafka.brokers.map((broker) => broker.kill("SIGSTOP")));
    try {
      expect(running.emitted).toBeLessThan(PARTITIONS * 20_000);
      const connecting = new Running({ name: fresh("connecting"), topics: [input], client: client() });
      await within(
        30_000,
        new Promise<void>((resolve) => setInterval(() => connecting.notices.length > 0 && resolve(), 50).unref()),
      );
      expect(connecting.notices[0]).toContain(`bootstrap.servers: ${kafka.bootstrap}`);
      expect(await within(60_000, Promise.all([running.stop(), connecting.stop()]))).toEqual([null, null]);
    } finally {
      await Promise.all(kafka.brokers.map((broker) => broker.kill("SIGCONT")));
    }
    const again = start();
    await again.until("all is out", committedTo(20_000), 150_000);
    expect(await again.stop()).toBeNull();
    expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 20_000), PARTITIONS)).toEqual(load);
  },
);
