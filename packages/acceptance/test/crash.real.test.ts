import { startStore } from "@tandem-cdc/acceptance";
import { type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLEAN, crashes, FULL } from "./support.ts";

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(async () => {
  await kafka?.stop();
});

describe("tandem run, killed with -9 at random points under full load", () => {
  it("loses, doubles and reorders nothing", async () => {
    const store = await startStore();
    const counts = FULL ? { kills: 20, changes: 400_000 } : { kills: 5, changes: 100_000 };
    const verdict = await crashes({ ...counts, bootstrap: kafka.bootstrap, storePort: store.port, seed: 7 });
    await store.stop();
    console.log("crash verdict", JSON.stringify(verdict));
    expect(verdict).toMatchObject(CLEAN);
    expect(verdict.emitted).toBe(verdict.distinct);
  });

  it("would lose changes with a store that answers only 'seen before': the claim rule is what saves them", async () => {
    const store = await startStore("boolean");
    const load = { kills: 3, changes: 40_000, seed: 11, idleMs: 12_000 };
    const verdict = await crashes({ ...load, bootstrap: kafka.bootstrap, storePort: store.port });
    await store.stop();
    console.log("boolean store verdict", JSON.stringify(verdict));
    expect(verdict.lost).toBeGreaterThan(0);
  });
});
