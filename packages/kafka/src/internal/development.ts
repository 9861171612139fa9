import { connected, call } from "./call.ts";
import { type KafkaConsumer, type Metadata, native } from "./rdkafka.ts";

/** Bootstrap addresses of the development clusters of this process: they know no CreateTopics request. */
const clusters = new Set<string>();

export function remember(bootstrap: string): void {
  clusters.add(bootstrap);
}

export function isDevelopment(conf: Record<string, unknown>): boolean {
  return clusters.has(String(conf["bootstrap.servers"]));
}

/** Asks for topics by name, which makes a development cluster create them, with four partitions each. */
export async function createByAsking(conf: Record<string, unknown>, topics: readonly string[]): Promise<void> {
  const client: KafkaConsumer = new (native().KafkaConsumer)(
    { "bootstrap.servers": conf["bootstrap.servers"], "group.id": "creator", "allow.auto.create.topics": true } as never,
    {},
  );
  await connected("connecting to the development cluster", client);
  for (const topic of topics)
    await call<Metadata>(`creating topic ${topic}`, 10_000, (done) => client.getMetadata({ topic, timeout: 5_000 }, done));
  await call("leaving the development cluster", 10_000, (done) => client.disconnect(() => done(null)));
}
