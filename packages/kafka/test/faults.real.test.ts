import { createTopics } from "@tandem-cdc/kafka";
import { type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadOf, valuesOf, writeLoad } from "./load.ts";
import { fresh, Running, stored, within } from "./support.ts";

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

const PARTITIONS = 2;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });

async function topic(word: string): Promise<string> {
  const name = fresh(word);
  await createTopics(client(), [{ topic: name, partitions: PARTITIONS }]);
  return name;
}

it("a broker that is killed and comes back under load: the pipeline goes on by itself, nothing lost or doubled", async () => {
  const input = await topic("killed");
  const load = loadOf(PARTITIONS, 30_000);
  await writeLoad(kafka.bootstrap, input, load);
  const running = new Running(
    { name: fresh("killed"), topics: [input], client: client(), pollRecords: 100 },
    { maxBufferedBytes: 1 },
  );
  await running.until("it is under way", (r) => r.emitted > 2_000);
  await kafka.brokers[0]?.kill("SIGKILL");
  expect(running.emitted).toBeLessThan(PARTITIONS * 30_000);
  await kafka.brokers[0]?.restart();
  await running.until(
    "all is out",
    (r) =>
      r
        .of("committed")
        .flatMap(({ lanes }) => lanes)
        .filter(({ nextOffset }) => nextOffset === 30_000).length >= PARTITIONS,
    150_000,
  );
  expect(await running.stop()).toBeNull();
  expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 30_000), PARTITIONS)).toEqual(load);
});

it("a stop while the broker is down ends in bounded time, and so does one while connecting; what was open is taken up again", async () => {
  const input = await topic("down");
  const name = fresh("down");
  const load = loadOf(PARTITIONS, 20_000);
  await writeLoad(kafka.bootstrap, input, load);
  const start = (): Running =>
    new Running({ name, topics: [input], client: client(), pollRecords: 100 }, { maxBufferedBytes: 1 });
  const running = start();
  await running.until("it is under way", (r) => r.emitted > 1_000);
  await kafka.brokers[0]?.kill("SIGKILL");
  const connecting = new Running({ name: fresh("connecting"), topics: [input], client: client() });
  await within(
    30_000,
    new Promise<void>((resolve) => setInterval(() => connecting.notices.length > 0 && resolve(), 50).unref()),
  );
  expect(connecting.notices[0]).toContain(`bootstrap.servers: ${kafka.bootstrap}`);
  expect(await within(60_000, Promise.all([running.stop(), connecting.stop()]))).toEqual([null, null]);
  await kafka.brokers[0]?.restart();
  const again = start();
  await again.until(
    "all is out",
    (r) =>
      r
        .of("committed")
        .flatMap(({ lanes }) => lanes)
        .filter(({ nextOffset }) => nextOffset === 20_000).length >= PARTITIONS,
  );
  expect(await again.stop()).toBeNull();
  expect(valuesOf(await stored(kafka.bootstrap, `dedup.${input}`, PARTITIONS * 20_000), PARTITIONS)).toEqual(load);
});
