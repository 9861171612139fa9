import { recordFigure, startStore, type StoreProcess } from "@tandem-cdc/acceptance";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import type { Verdict } from "@tandem-cdc/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CLEAN, crashes, FULL } from "./support.ts";

const { ok } = await available(["kafka"]);

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

function figures(kills: number, { distinct, duplicated, emitted, input, lost, reordered }: Verdict): string[] {
  return [
    `${kills} times killed at random points under full load, two partitions, store in a process of its own:`,
    `${input} records in, ${distinct} distinct changes, ${emitted} emitted; ${lost} lost, ${duplicated} duplicated, ${reordered} reordered for a \`read_committed\` reader.`,
  ];
}

describe.skipIf(!ok)("tandem run, killed with -9 at random points under full load", () => {
  it("loses, doubles and reorders nothing", async () => {
    store = await startStore();
    const counts = FULL ? { kills: 20, changes: 400_000 } : { kills: 5, changes: 100_000 };
    const verdict = await crashes({ ...counts, bootstrap: kafka.bootstrap, storePort: store.port, seed: 7 });
    console.log("crash verdict", JSON.stringify(verdict));
    expect(verdict).toMatchObject(CLEAN);
    expect(verdict.emitted).toBe(verdict.distinct);
    if (FULL) recordFigure("kill -9 of tandem run", figures(20, verdict));
  });

  it("would lose changes with a store that answers only 'seen before': the claim rule is what saves them", async () => {
    store = await startStore("boolean");
    const load = { kills: 3, changes: 40_000, seed: 11, idleMs: 12_000 };
    const verdict = await crashes({ ...load, bootstrap: kafka.bootstrap, storePort: store.port });
    console.log("boolean store verdict", JSON.stringify(verdict));
    expect(verdict.lost).toBeGreaterThan(0);
    if (FULL) recordFigure('kill -9 with a store that answers only "seen before"', figures(3, verdict));
  });
});
