import { createTopics, openWriter } from "@tandem-cdc/kafka";
import { change, type Told } from "./log.ts";

/** Makes a topic and writes a log to its first partition, one record per offset from 0 on. */
export async function writeLog(bootstrap: string, topic: string, told: readonly Told[], partitions = 1): Promise<void> {
  const client = { "bootstrap.servers": bootstrap };
  // What a test says is older than brokers keep by default.
  await createTopics(client, [{ topic, partitions, config: { "retention.ms": "-1" } }]);
  const writer = await openWriter(client);
  for (const each of told) {
    const record = change(each);
    if (record !== null) await writer.write({ topic, partition: 0, ...record });
  }
  await writer.flush();
  await writer.close();
}
