import { type Lane, laneId, type LaneProgress } from "@tandem-cdc/core";
import { call } from "./call.ts";
import { connected } from "./connected.ts";
import { type KafkaConsumer, type Metadata, native } from "./rdkafka.ts";

/**
 * The development clusters of this process, by bootstrap address: they know no CreateTopics request, and forget the
 * offsets that a transaction committed, which are kept here instead, by group and lane.
 */
const clusters = new Map<string, Map<string, number>>();

export function remember(bootstrap: string): void {
  clusters.set(bootstrap, new Map());
}

export function forget(bootstrap: string): void {
  clusters.delete(bootstrap);
}

/** Notes what a transaction committed; does nothing for a real cluster. */
export function noteCommitted(conf: Record<string, unknown>, group: string, progress: readonly LaneProgress[]): void {
  const offsets = clusters.get(String(conf["bootstrap.servers"]));
  for (const { lane, nextOffset } of progress) offsets?.set(`${group}/${laneId(lane)}`, nextOffset);
}

/** The offset that a transaction committed on a development cluster. */
export function notedOffset(conf: Record<string, unknown>, group: string, lane: Lane): number | undefined {
  return clusters.get(String(conf["bootstrap.servers"]))?.get(`${group}/${laneId(lane)}`);
}

export function isDevelopment(conf: Record<string, unknown>): boolean {
  return clusters.has(String(conf["bootstrap.servers"]));
}

/** Asks for topics by name, which makes a development cluster create them, with four partitions each. */
export async function createByAsking(conf: Record<string, unknown>, topics: readonly string[]): Promise<void> {
  const client: KafkaConsumer = new (native().KafkaConsumer)(
    {
      "bootstrap.servers": conf["bootstrap.servers"],
      "group.id": "creator",
      "allow.auto.create.topics": true,
    } as never,
    {},
  );
  await connected("connecting to the development cluster", client);
  for (const topic of topics)
    await call<Metadata>(`creating topic ${topic}`, 10_000, (done) =>
      client.getMetadata({ topic, timeout: 5_000 }, done),
    );
  await call("leaving the development cluster", 10_000, (done) => client.disconnect(() => done(null)));
}
