import { createPipeline, type EventOf, type Pipeline, type PipelineEvent, type PipelineOptions } from "@tandem-cdc/core";
import { kafkaTransport, type KafkaTransportOptions } from "@tandem-cdc/kafka";
import { call, connected } from "../src/internal/call.ts";
import { type Message, native } from "../src/internal/rdkafka.ts";

/** A record as it lies in a topic, read by the plain client: what our own code makes of records is under test. */
export interface Stored {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

export const bytes = (text: string): Buffer => Buffer.from(text);

let names = 0;

/** A name that no other test uses. */
export function fresh(word: string): string {
  return `${word}-${process.pid}-${++names}`;
}

/** Reads a topic from its beginning, outside of any group, until it has read `count` records or the deadline comes. */
export async function stored(bootstrap: string, topic: string, count: number, timeoutMs = 20_000): Promise<Stored[]> {
  const client = new (native().KafkaConsumer)(
    { "bootstrap.servers": bootstrap, "group.id": fresh("stored"), "isolation.level": "read_committed", "enable.auto.commit": false },
    { "auto.offset.reset": "earliest" },
  );
  client.on("event.error", () => undefined);
  await connected("connecting", client);
  client.setDefaultConsumeTimeout(20);
  const found: Stored[] = [];
  const deadline = Date.now() + timeoutMs;
  let partitions = 0;
  while (found.length < count && Date.now() < deadline) {
    if (partitions === 0) {
      partitions = await partitionsOf(client, topic);
      if (partitions > 0) client.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })));
    }
    for (const message of await call<Message[]>("reading", 30_000, (done) => client.consume(1_000, done))) found.push(storedOf(message));
  }
  if (partitions > 0) client.unassign();
  await call("disconnecting", 20_000, (done) => client.disconnect(() => done(null)));
  return found;
}

type Metadata = { readonly topics: readonly { readonly name: string; readonly partitions: readonly unknown[] }[] };

export async function partitionsOf(client: { getMetadata(options: object, done: (error: never, metadata?: never) => void): unknown }, topic: string): Promise<number> {
  const metadata = await call<Metadata>("reading metadata", 20_000, (done) => client.getMetadata({ topic, timeout: 10_000 }, done as never));
  return metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
}

function storedOf(message: Message): Stored {
  const headers = (message.headers ?? []).flatMap((header) => Object.entries(header)) as [string, Buffer][];
  const { offset, partition, timestamp = -1, value } = message;
  return { partition, offset, timestamp, key: (message.key as Buffer | null | undefined) ?? null, value, headers };
}

/** What has to be the same in and out, comparable whether it was written or read. */
export function plain(record: { readonly key: Uint8Array | null; readonly value: Uint8Array | null; readonly timestamp: number; readonly headers?: readonly (readonly [string, Uint8Array | null])[] }): unknown {
  const { headers = [], key, timestamp, value } = record;
  return { key: hex(key), value: hex(value), timestamp, headers: headers.map(([name, bytes]) => [name, hex(bytes)]) };
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("hex");
}

/** Rejects when the promise takes longer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A pipeline that runs, and what it told. */
export class Running {
  readonly pipeline: Pipeline;
  readonly events: PipelineEvent[] = [];
  readonly notices: string[] = [];
  /** Null when it stopped as told. */
  readonly ended: Promise<Error | null>;
  readonly #controller = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(kafka: KafkaTransportOptions, options: Partial<PipelineOptions> = {}) {
    const transport = kafkaTransport({
      topicRefreshMs: 300,
      exclude: (topic) => topic.startsWith("dedup."),
      onNotice: (notice) => this.notices.push(notice),
      ...kafka,
    });
    const observe = (event: PipelineEvent): void => {
      this.events.push(event);
      for (const look of this.#waiting) look();
    };
    this.pipeline = createPipeline({ name: kafka.name, transport, transforms: [], observer: { observe }, ...options });
    this.ended = this.pipeline.run({ signal: this.#controller.signal }).then(
      () => null,
      (error: Error) => error,
    );
  }

  of<T extends PipelineEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  /** Records that became visible. */
  get emitted(): number {
    return this.of("committed").reduce((sum, { outputs }) => sum + outputs.reduce((n, batch) => n + batch.length, 0), 0);
  }

  /** Resolves when the condition holds after an event; rejects when the pipeline ends or time is up before. */
  async until(what: string, holds: (running: this) => boolean, timeoutMs = 60_000): Promise<void> {
    if (holds(this)) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (holds(this)) settle(resolve);
      };
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        then();
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`${what}: not within ${timeoutMs} ms; ${this.#told()}`))), timeoutMs);
      this.#waiting.add(look);
      void this.ended.then((error) => settle(() => reject(new Error(`${what}: the pipeline ended before`, { cause: error }))));
    });
  }

  async stop(): Promise<Error | null> {
    this.#controller.abort();
    return this.ended;
  }

  #told(): string {
    const words = this.events.map((event) => ("error" in event ? `${event.type}(${event.error?.message})` : event.type));
    return `${words.slice(-30).join(", ")}; notices: ${this.notices.slice(-5).join("; ")}`;
  }
}
