import { startStore, type TandemProcess } from "@tandem-cdc/acceptance";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CLEAN, configFile, drained, runTandem, send, verdictOf, workload } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(async () => {
  await kafka?.stop();
});

it.skipIf(!ok)(
  "a zombie (stopped past its session, then continued) commits nothing: its lanes went to the other instance",
  async () => {
    const { bootstrap } = kafka;
    const store = await startStore();
    const load = await workload(bootstrap, 60_000, 2, 23);
    const configs = ["0", "1"].map((instance) =>
      configFile({ bootstrap, name: "zombie", topic: load.topic, storePort: store.port, instance }),
    );
    const [zombie, other] = configs.map(({ path }) => runTandem(path));
    try {
      if (zombie === undefined || other === undefined) throw new Error("two instances are expected");
      await Promise.all([
        zombie.line((line) => line.includes('"assigned"')),
        other.line((line) => line.includes('"assigned"')),
      ]);
      const sending = send(bootstrap, load, load.sent, 8_000);
      await zombie.line((line) => line.includes('"progress"') && !line.includes('"out":0,'));
      zombie.kill("SIGSTOP");
      const both = (line: string): boolean =>
        line.includes('"assigned"') && line.includes('"partition":0') && line.includes('"partition":1');
      await other.line(both, 40_000);
      zombie.kill("SIGCONT");
      await sending;
      expect(await drained(bootstrap, load.topic, load.changes.length)).toBe(load.changes.length);
      expect(zombie.running).toBe(true);
      expect(await Promise.all([zombie.stop(), other.stop()])).toEqual([0, 0]);
      expect(await verdictOf(bootstrap, load.topic)).toMatchObject(CLEAN);
    } finally {
      for (const instance of [zombie, other]) await instance?.stop("SIGKILL");
      for (const config of configs) config.remove();
      await store.stop();
    }
  },
);

it.skipIf(!ok)(
  "a zombie that wakes up after its replacement has started ends; the replacement lives on and emits everything",
  async () => {
    const { bootstrap } = kafka;
    const store = await startStore();
    const load = await workload(bootstrap, 60_000, 2, 29);
    const config = configFile({ bootstrap, name: "replaced", topic: load.topic, storePort: store.port });
    const zombie = runTandem(config.path);
    let replacement: TandemProcess | undefined;
    try {
      await zombie.line((line) => line.includes('"assigned"'));
      const sending = send(bootstrap, load, load.sent, 8_000);
      await zombie.line((line) => line.includes('"progress"') && !line.includes('"out":0,'));
      zombie.kill("SIGSTOP");
      replacement = runTandem(config.path);
      await replacement.line((line) => line.includes('"assigned"'), 40_000);
      // Longer than the session: awake, its client joins under the same id before it hears that it was fenced.
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      zombie.kill("SIGCONT");
      expect(await zombie.exited).toBe(1);
      expect(zombie.said).toContain("INSTANCE_FENCED");
      await sending;
      expect(await drained(bootstrap, load.topic, load.changes.length)).toBe(load.changes.length);
      expect(replacement.running, replacement.said).toBe(true);
      expect(await replacement.stop()).toBe(0);
      expect(await verdictOf(bootstrap, load.topic)).toMatchObject(CLEAN);
    } finally {
      for (const instance of [zombie, replacement]) await instance?.stop("SIGKILL");
      config.remove();
      await store.stop();
    }
  },
);
