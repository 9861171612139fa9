import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { ok } = await available(["kafka"]);

const folder = mkdtempSync(join(tmpdir(), "tandem-testbed-"));
const lines: string[] = [];
let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ dir: folder, log: (line) => lines.push(line), properties: { "num.partitions": "3" } });
});
afterAll(async () => {
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether something listens there. */
function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port }, () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(!ok)("a Kafka of the testbed", () => {
  it("listens on loopback, and its start was told of with pid and time", async () => {
    const [broker] = kafka.brokers;
    expect(kafka.bootstrap).toBe(`127.0.0.1:${broker?.port}`);
    expect(await listens("127.0.0.1", broker?.port ?? 0)).toBe(true);
    expect(lines.join("\n")).toMatch(new RegExp(`kafka broker 1 \\(pid ${broker?.pid}\\) ready in [\\d.]+ s`));
    expect(lines.at(-1)).toMatch(/^started Kafka \(1 broker\) at 127\.0\.0\.1:\d+ in [\d.]+ s$/);
  });

  it("makes topics as asked, with the broker's properties for the rest", async () => {
    await kafka.createTopic("asked", { partitions: 2, config: { "cleanup.policy": "compact" } });
    await kafka.createTopic("default");
    expect([await kafka.endOffsets("asked"), await kafka.endOffsets("default")]).toEqual([
      [0, 0],
      [0, 0, 0],
    ]);
    await kafka.deleteTopic("default");
    const topics = await kafka.tool("org.apache.kafka.tools.TopicCommand", ["--describe"]);
    expect(topics).toContain("cleanup.policy=compact");
    expect(topics).not.toContain("Topic: default");
  });

  it("a broker that was killed with -9 comes back on its port, with its data", async () => {
    const [broker] = kafka.brokers;
    const pid = broker?.pid ?? 0;
    await broker?.kill();
    expect([broker?.alive, isAlive(pid), await listens("127.0.0.1", broker?.port ?? 0)]).toEqual([false, false, false]);
    await broker?.restart();
    expect(broker?.alive).toBe(true);
    expect(broker?.pid).not.toBe(pid);
    expect(await kafka.endOffsets("asked")).toEqual([0, 0]);
  });

  it("ends at stop; a folder of the caller's is kept", async () => {
    const pid = kafka.brokers[0]?.pid ?? 0;
    await kafka.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(folder, "1", "data"))).toBe(true);
  });
});
