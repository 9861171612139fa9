import type { Header } from "@tandem-cdc/core";
import { call } from "./internal/call.ts";
import { connected } from "./internal/connected.ts";
import { codeOf, ERR, transportError } from "./internal/errors.ts";
import { outgoingBytes, outgoingHeaders } from "./internal/outgoing.ts";
import { type KafkaConsumer, type Message, native, type Producer, type WatermarkOffsets } from "./internal/rdkafka.ts";
import { createMissing, type NewTopic, partitionCounts } from "./internal/topics.ts";
import type { ClientProperties } from "./properties.ts";

/** Creates topics that do not exist yet. */
export async function createTopics(client: ClientProperties, topics: readonly NewTopic[]): Promise<void> {
  await createMissing({ ...client }, topics);
}

/** Names of the topics that this client may see: an answer from the brokers, or why there is none. */
export async function existingTopics(client: ClientProperties, timeoutMs?: number): Promise<readonly string[]> {
  const producer: Producer = new (native().Producer)({ ...client });
  producer.on("event.error", () => undefined);
  try {
    await connected("asking the brokers", producer, timeoutMs);
    return [...(await partitionCounts(producer)).keys()];
  } catch (thrown) {
    throw transportError("asking the brokers", thrown);
  } finally {
    await call("leaving the brokers", 5_000, (done) => producer.disconnect(() => done(null))).catch(() => undefined);
  }
}

/** A record to write, to an explicit partition. */
export interface WriteRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Values have to be text without NUL: others are refused, since the client cannot carry them. */
  readonly headers?: readonly Header[];
  /** Milliseconds since the epoch. Default: now. */
  readonly timestamp?: number;
}

export interface Writer {
  /** Queues a record; waits when the queue is full. */
  write(record: WriteRecord): Promise<void>;
  /** Resolves when everything written is stored. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A plain idempotent producer, for tools and demonstrations: no transactions. */
export async function openWriter(client: ClientProperties): Promise<Writer> {
  const producer: Producer = new (native().Producer)({ "enable.idempotence": true, "linger.ms": 5, ...client });
  producer.on("event.error", () => undefined);
  await connected("connecting a writer", producer).catch((thrown: unknown) => {
    throw transportError("connecting a writer", thrown);
  });
  return {
    async write({ headers, key, partition, timestamp, topic, value }) {
      const sent = outgoingHeaders(headers ?? []);
      for (;;) {
        try {
          producer.produce(
            topic,
            partition,
            outgoingBytes(value),
            outgoingBytes(key),
            timestamp ?? Date.now(),
            undefined,
            sent,
          );
          return;
        } catch (thrown) {
          if (codeOf(thrown) !== ERR.queueFull) throw transportError(`writing to ${topic}`, thrown);
          producer.poll();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    },
    flush: () => call("flushing a writer", 65_000, (done) => producer.flush(60_000, done)),
    close: () => call("closing a writer", 15_000, (done) => producer.disconnect(() => done(null))),
  };
}

/** A record as it lies in a topic. */
export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export interface TopicReader {
  /** The next records, an empty array after a short wait without any. */
  read(): Promise<readonly ReadRecord[]>;
  /** Ends of the partitions as they are now. */
  ends(): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Reads a topic from its beginning, `read_committed`, outside of any group. */
export async function openReader(client: ClientProperties, topic: string): Promise<TopicReader> {
  const conf = {
    "enable.auto.commit": false,
    "isolation.level": "read_committed",
    "fetch.queue.backoff.ms": 50,
    ...client,
  };
  const consumer: KafkaConsumer = new (native().KafkaConsumer)(
    { ...conf, "group.id": `tandem-reader-${process.pid}` } as never,
    { "auto.offset.reset": "earliest" },
  );
  consumer.on("event.error", () => undefined);
  await connected("connecting a reader", consumer).catch((thrown: unknown) => {
    throw transportError("connecting a reader", thrown);
  });
  consumer.setDefaultConsumeTimeout(20);
  const partitions = (await partitionCounts(consumer, topic)).get(topic) ?? 0;
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  consumer.assign(all.map((lane) => ({ ...lane, offset: 0 })));
  return {
    async read() {
      const messages = await call<Message[]>(`reading ${topic}`, 60_000, (done) => consumer.consume(1_000, done));
      return messages.map((message) => ({
        topic,
        partition: message.partition,
        offset: message.offset,
        timestamp: message.timestamp ?? -1,
        key: (message.key as Uint8Array | null | undefined) ?? null,
        value: message.value,
      }));
    },
    ends: () =>
      Promise.all(
        all.map(async ({ partition }) => {
          const marks = await call<WatermarkOffsets>(`asking for the end of ${topic}`, 20_000, (done) =>
            consumer.queryWatermarkOffsets(topic, partition, 10_000, done),
          );
          return marks.highOffset;
        }),
      ),
    async close() {
      consumer.unassign();
      await call("closing a reader", 15_000, (done) => consumer.disconnect(() => done(null)));
    },
  };
}
