import {
  random,
  Reader,
  recordFigure,
  startStore,
  type StoreProcess,
  type TandemProcess,
} from "@tandem-cdc/acceptance";
import { type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import type { Verdict } from "@tandem-cdc/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CLEAN, configFile, drained, FULL, runTandem, send, verdictOf, workload } from "./support.ts";

let kafka: KafkaCluster;
let store: StoreProcess;
beforeAll(async () => {
  kafka = await startKafka();
});
afterEach(async () => {
  await store.stop();
});
afterAll(async () => {
  await kafka?.stop();
});

/** Waits until the output has grown by `count` records beyond `from`; returns how far it is. */
async function grown(reader: Reader, count: number, running: TandemProcess): Promise<number> {
  let seen = 0;
  while (seen < count) {
    if (!running.running) throw new Error(`tandem ended by itself: ${running.said}`);
    seen += (await reader.read()).length;
  }
  return seen;
}

/** Runs under full load with `kills` kill -9 at random points, then drains and judges. */
async function crashes(
  store: StoreProcess,
  kills: number,
  changes: number,
  seed: number,
  idleMs = 60_000,
): Promise<Verdict> {
  const load = await workload(kafka.bootstrap, changes, 2, seed);
  const config = configFile({
    bootstrap: kafka.bootstrap,
    name: `crash${seed}`,
    topic: load.topic,
    storePort: store.port,
  });
  const next = random(seed);
  const sending = send(kafka.bootstrap, load, load.sent);
  let tandem = runTandem(config.path);
  try {
    const reader = await Reader.open(kafka.bootstrap, `dedup.${load.topic}`);
    for (let kill = 0; kill < kills; kill++) {
      await grown(reader, 1 + Math.floor((next() * changes) / (kills + 1)), tandem);
      await tandem.stop("SIGKILL");
      tandem = runTandem(config.path);
    }
    await reader.close();
    await sending;
    await drained(kafka.bootstrap, load.topic, changes, idleMs);
    expect(await tandem.stop()).toBe(0);
    return await verdictOf(kafka.bootstrap, load.topic);
  } finally {
    await tandem.stop("SIGKILL");
    config.remove();
  }
}

function figures(kills: number, { distinct, duplicated, emitted, input, lost, reordered }: Verdict): string[] {
  return [
    `${kills} times killed at random points under full load, two partitions, store in a process of its own:`,
    `${input} records in, ${distinct} distinct changes, ${emitted} emitted; ${lost} lost, ${duplicated} duplicated, ${reordered} reordered for a \`read_committed\` reader.`,
  ];
}

describe("tandem run, killed with -9 at random points under full load", () => {
  it("loses, doubles and reorders nothing", async () => {
    store = await startStore();
    const verdict = await crashes(store, FULL ? 20 : 5, FULL ? 400_000 : 100_000, 7);
    console.log("crash verdict", JSON.stringify(verdict));
    expect(verdict).toMatchObject(CLEAN);
    expect(verdict.emitted).toBe(verdict.distinct);
    if (FULL) recordFigure("kill -9 of tandem run", figures(20, verdict));
  });

  it("would lose changes with a store that answers only 'seen before': the claim rule is what saves them", async () => {
    store = await startStore("boolean");
    const verdict = await crashes(store, 3, 40_000, 11, 12_000);
    console.log("boolean store verdict", JSON.stringify(verdict));
    expect(verdict.lost).toBeGreaterThan(0);
    if (FULL) recordFigure('kill -9 with a store that answers only "seen before"', figures(3, verdict));
  });
});
