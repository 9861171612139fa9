import rdkafka from "node-rdkafka";
import type { KafkaConsumer, LibrdKafkaError, Message, Producer } from "node-rdkafka";

/** A record as it lies in a topic. */
export interface Stored {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Record<string, unknown>[];
}

export interface Outgoing {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly Record<string, string>[];
  readonly timestamp?: number;
}

function promised<T>(
  call: (done: (error: LibrdKafkaError | null, result?: T) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}

export async function createTopic(
  bootstrap: string,
  topic: string,
  partitions: number,
  config: Record<string, string> = {},
): Promise<void> {
  const admin = rdkafka.AdminClient.create({ "bootstrap.servers": bootstrap });
  try {
    await promised((done) =>
      admin.createTopic({ topic, num_partitions: partitions, replication_factor: -1, config }, 20_000, (error) =>
        done(error ?? null),
      ),
    );
  } finally {
    admin.disconnect();
  }
}

export async function deleteTopic(bootstrap: string, topic: string): Promise<void> {
  const admin = rdkafka.AdminClient.create({ "bootstrap.servers": bootstrap });
  try {
    await promised((done) => admin.deleteTopic(topic, 20_000, (error) => done(error ?? null)));
  } finally {
    admin.disconnect();
  }
}

/** A plain idempotent producer that keeps the order of each partition. */
export class Writer {
  readonly #producer: Producer;
  readonly #topic: string;
  #poll: NodeJS.Timeout | undefined;

  constructor(bootstrap: string, topic: string) {
    this.#topic = topic;
    this.#producer = new rdkafka.Producer({
      "bootstrap.servers": bootstrap,
      "enable.idempotence": true,
      "linger.ms": 5,
      "batch.size": 512 * 1024,
      "queue.buffering.max.messages": 500_000,
    });
  }

  async open(): Promise<this> {
    await promised((done) => this.#producer.connect({}, (error) => done(error ?? null)));
    this.#poll = setInterval(() => this.#producer.poll(), 50);
    return this;
  }

  async write(record: Outgoing): Promise<void> {
    for (;;) {
      try {
        this.#producer.produce(
          this.#topic,
          record.partition,
          record.value,
          record.key,
          record.timestamp ?? Date.now(),
          undefined,
          record.headers?.map((header) => ({ ...header })),
        );
        return;
      } catch (error) {
        if ((error as LibrdKafkaError).code !== -184) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async close(): Promise<void> {
    await promised((done) => this.#producer.flush(60_000, (error) => done(error ?? null)));
    clearInterval(this.#poll);
    await new Promise<void>((resolve) => this.#producer.disconnect(() => resolve()));
  }
}

/** Reads topics from the beginning, outside of any group. */
export class Reader {
  readonly #consumer: KafkaConsumer;
  readonly #topic: string;
  readonly partitions: number;

  private constructor(consumer: KafkaConsumer, topic: string, partitions: number) {
    this.#consumer = consumer;
    this.#topic = topic;
    this.partitions = partitions;
  }

  static async open(
    bootstrap: string,
    topic: string,
    isolation: "read_committed" | "read_uncommitted" = "read_committed",
  ): Promise<Reader> {
    const consumer = new rdkafka.KafkaConsumer(
      {
        "bootstrap.servers": bootstrap,
        "group.id": `reader-${process.pid}-${Math.random().toString(36).slice(2)}`,
        "enable.auto.commit": false,
        "isolation.level": isolation,
        "fetch.queue.backoff.ms": 50,
        "queued.max.messages.kbytes": 32_768,
        "allow.auto.create.topics": false,
      },
      { "auto.offset.reset": "earliest" },
    );
    await promised((done) => consumer.connect({}, (error) => done(error ?? null)));
    consumer.setDefaultConsumeTimeout(20);
    let partitions = 0;
    for (let tries = 0; partitions === 0; tries++) {
      const metadata = await promised<rdkafka.Metadata>((done) =>
        consumer.getMetadata({ topic, timeout: 5_000 }, done),
      );
      partitions = metadata?.topics.find((t) => t.name === topic)?.partitions.length ?? 0;
      if (partitions === 0 && tries > 100) throw new Error(`topic ${topic} does not appear`);
      if (partitions === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })));
    return new Reader(consumer, topic, partitions);
  }

  /** How long a read waits for a record; the client applies it per record. Default 20. */
  waitMs(ms: number): void {
    this.#consumer.setDefaultConsumeTimeout(ms);
  }

  /** The next records, an empty array when there are none right now. */
  async read(count = 2_000): Promise<Stored[]> {
    const messages = await promised<Message[]>((done) => this.#consumer.consume(count, done));
    return (messages ?? []).map((message) => ({
      partition: message.partition,
      offset: message.offset,
      timestamp: message.timestamp ?? 0,
      key: message.key == null ? null : Buffer.from(message.key),
      value: message.value,
      headers: (message.headers ?? []) as readonly Record<string, unknown>[],
    }));
  }

  /** Everything up to the end of the topic as it is now. */
  async readAll(): Promise<Stored[]> {
    const ends = await Promise.all(
      Array.from({ length: this.partitions }, async (_, partition) => {
        const marks = await promised<rdkafka.WatermarkOffsets>((done) =>
          this.#consumer.queryWatermarkOffsets(this.#topic, partition, 20_000, done),
        );
        return marks?.highOffset ?? 0;
      }),
    );
    const all: Stored[] = [];
    for (let idle = 0; idle < 10;) {
      const some = await this.read();
      all.push(...some);
      const positions = this.#consumer.position(ends.map((_, partition) => ({ topic: this.#topic, partition })));
      const done = positions.every(
        (p) => (ends[p.partition] ?? 0) === 0 || (p.offset ?? -1) >= (ends[p.partition] ?? 0),
      );
      if (some.length > 0) idle = 0;
      else if (done) break;
      else idle++;
    }
    return all;
  }

  async close(): Promise<void> {
    this.#consumer.unassign();
    await new Promise<void>((resolve) => this.#consumer.disconnect(() => resolve()));
  }
}

/** Sets a group's committed offset, as soon as the group has no members any more. */
export async function commitOffset(
  bootstrap: string,
  group: string,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const consumer = new rdkafka.KafkaConsumer(
    { "bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": false },
    {},
  );
  await promised((done) => consumer.connect({}, (error) => done(error ?? null)));
  for (let tries = 0; ; tries++) {
    try {
      consumer.commitSync({ topic, partition, offset });
      break;
    } catch (error) {
      if (tries > 150) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
}
