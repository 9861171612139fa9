import { configFile, Reader, send, TandemProcess, workload } from "@tandem-cdc/acceptance";
import type { KafkaCluster } from "@tandem-cdc/testbed";
import { usageOf } from "./process-usage.ts";

export interface ThroughputOptions {
  readonly changes: number;
  readonly partitions: number;
}

export interface Throughput {
  readonly changes: number;
  readonly partitions: number;
  /** Records read by the pipeline: two copies of each change, re-deliveries, tombstones. */
  readonly records: number;
  readonly seconds: number;
  readonly distinctPerSecond: number;
  readonly recordsPerSecond: number;
  /** CPU of the `tandem` process per input record, microseconds; start-up included. */
  readonly cpuMicrosPerRecord: number;
  readonly rssMiB: number;
}

/**
 * The backlog of a stopped pipeline: everything is in the topic before `tandem run` starts. Time from the assignment
 * of its lanes to the last change visible to a `read_committed` reader.
 */
export async function throughput(kafka: KafkaCluster, { changes, partitions }: ThroughputOptions): Promise<Throughput> {
  const load = await workload(kafka.bootstrap, changes, partitions, 1);
  await send(kafka.bootstrap, load, load.sent);
  const records = load.sent.length + load.sent.filter(({ change }) => change.op === "d").length;
  const config = configFile({ bootstrap: kafka.bootstrap, name: `bench-${load.topic}`, topic: load.topic });
  const tandem = new TandemProcess(["run", "--config", config.path, "--json"]);
  try {
    await tandem.line((line) => line.includes('"event":"assigned"'));
    const began = performance.now();
    const reader = await Reader.open(kafka.bootstrap, `dedup.${load.topic}`);
    for (let seen = 0; seen < changes;) {
      if (!tandem.running) throw new Error(`tandem ended: ${tandem.said}`);
      for (const { value } of await reader.read(1_000)) if (value !== null) seen++;
    }
    const seconds = (performance.now() - began) / 1_000;
    const { cpuSeconds, rssMiB } = usageOf(tandem.child.pid ?? 0);
    await reader.close();
    return {
      changes,
      partitions,
      records,
      seconds: Math.round(seconds * 100) / 100,
      distinctPerSecond: Math.round(changes / seconds),
      recordsPerSecond: Math.round(records / seconds),
      cpuMicrosPerRecord: Math.round((cpuSeconds / records) * 1e7) / 10,
      rssMiB,
    };
  } finally {
    await tandem.stop();
    config.remove();
  }
}
