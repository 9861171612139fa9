import { configFile, createTopic, deliveries, history, Reader, send, TandemProcess } from "@tandem-cdc/acceptance";
import type { KafkaCluster } from "@tandem-cdc/testbed";
import { percentiles } from "./percentiles.ts";
import { usageOf } from "./process-usage.ts";

export interface LatencyOptions {
  /** Offered changes per second; each is sent about two and a half times (two sources, re-deliveries). */
  readonly distinctPerSecond: number;
  readonly seconds: number;
}

export interface Latency {
  readonly distinctPerSecond: number;
  readonly recordsPerSecond: number;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** CPU of the `tandem` process as a share of one core. */
  readonly cpuShare: number;
}

/** Left out at the beginning: JIT, first connections. */
const WARM_UP_SECONDS = 5;

/**
 * From the sending of a change's first copy (its record's timestamp, kept byte for byte) to its receipt by a
 * `read_committed` reader in this process, on one partition, at a fixed offered rate.
 */
export async function latency(kafka: KafkaCluster, { distinctPerSecond, seconds }: LatencyOptions): Promise<Latency> {
  const topic = `cdc.shop.latency${distinctPerSecond}`;
  await createTopic(kafka.bootstrap, topic, 1, { "retention.ms": "-1" });
  const changes = distinctPerSecond * (seconds + WARM_UP_SECONDS);
  const sent = deliveries(history(changes, 1, 2), 2, 50);
  const perSecond = (sent.length / changes) * distinctPerSecond;
  const config = configFile({ bootstrap: kafka.bootstrap, name: `bench-${topic}`, topic });
  const tandem = new TandemProcess(["run", "--config", config.path, "--json"]);
  try {
    await tandem.line((line) => line.includes('"event":"assigned"'));
    const began = Date.now();
    const sending = send(kafka.bootstrap, { topic }, sent, perSecond);
    const reader = await Reader.open(kafka.bootstrap, `dedup.${topic}`);
    reader.waitMs(1);
    const samples: number[] = [];
    for (let seen = 0; seen < changes;) {
      if (!tandem.running) throw new Error(`tandem ended: ${tandem.said}`);
      const records = await reader.read(1_000);
      const now = Date.now();
      for (const { timestamp, value } of records) {
        if (value === null) continue;
        seen++;
        if (timestamp > began + WARM_UP_SECONDS * 1_000) samples.push(now - timestamp);
      }
    }
    const { cpuSeconds } = usageOf(tandem.child.pid ?? 0);
    await sending;
    await reader.close();
    const count = samples.length;
    const [p50Ms = 0, p95Ms = 0, p99Ms = 0, p999Ms = 0, maxMs = 0] = percentiles(samples, [50, 95, 99, 99.9, 100]);
    const cpuShare = Math.round((cpuSeconds / ((Date.now() - began) / 1_000)) * 100) / 100;
    return {
      distinctPerSecond,
      recordsPerSecond: Math.round(perSecond),
      samples: count,
      p50Ms,
      p95Ms,
      p99Ms,
      p999Ms,
      maxMs,
      cpuShare,
    };
  } finally {
    await tandem.stop();
    config.remove();
  }
}
