import {
  createPipeline,
  type EventOf,
  type Pipeline,
  type PipelineEvent,
  type PipelineOptions,
  type Transport,
} from "@tandem-cdc/core";
import { kafkaTransport, type KafkaTransportOptions } from "@tandem-cdc/kafka";
import { call } from "../src/internal/call.ts";
import { connected } from "../src/internal/connected.ts";
import { partitionCounts } from "../src/internal/topics.ts";
import { type Message, native } from "../src/internal/rdkafka.ts";
import type { WireRecord } from "./raw-produce.ts";

/** A record as it lies in a topic, read by the plain client: what our own code makes of records is under test. */
export interface Stored {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[];
}

export const bytes = (text: string): Buffer => Buffer.from(text);

/** Undefined for none. */
export const textOf = (found: Uint8Array | null | undefined): string | undefined =>
  found ? Buffer.from(found).toString() : undefined;

let names = 0;

/** A name that no other test uses. */
export function fresh(word: string): string {
  return `${word}-${process.pid}-${++names}`;
}

export const DAY = Date.parse("2020-02-29T12:34:56.789Z");
/** Records that a careless transport changes. */
export const DELICATE: readonly WireRecord[] = [
  { key: bytes("key"), value: bytes("value"), timestamp: DAY },
  { key: bytes(""), value: bytes(""), timestamp: DAY + 1 },
  { key: null, value: null, timestamp: DAY + 2 },
  { key: bytes("deleted"), value: null, timestamp: DAY - 1 },
  { key: Buffer.from([0, 255, 0]), value: Buffer.from([0xc3, 0x28, 0]), timestamp: 1 },
  {
    key: null,
    value: bytes("text"),
    timestamp: DAY,
    headers: [
      ["twice", bytes("žluť 🐎")],
      ["twice", bytes("")],
      ["", bytes("\uFEFFx")],
      ["7", bytes("n")],
    ],
  },
];

/** Reads a topic from its beginning, outside of any group, until it has read `count` records or the deadline comes. */
export async function stored(bootstrap: string, topic: string, count: number, timeoutMs = 20_000): Promise<Stored[]> {
  const client = new (native().KafkaConsumer)(
    {
      "bootstrap.servers": bootstrap,
      "group.id": fresh("stored"),
      "isolation.level": "read_committed",
      "enable.auto.commit": false,
    },
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
      partitions = (await partitionCounts(client, topic)).get(topic) ?? 0;
      if (partitions > 0)
        client.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })));
    }
    for (const message of await call<Message[]>("reading", 30_000, (done) => client.consume(1_000, done)))
      found.push(storedOf(message));
  }
  if (partitions > 0) client.unassign();
  await call("disconnecting", 20_000, (done) => client.disconnect(() => done(null)));
  return found;
}

function storedOf(message: Message): Stored {
  const headers = (message.headers ?? []).flatMap((header) => Object.entries(header)) as [string, Uint8Array][];
  const { key, offset, partition, timestamp = -1, value } = message;
  return { partition, offset, timestamp, key: typeof key === "string" ? bytes(key) : (key ?? null), value, headers };
}

/** What has to be the same in and out, comparable whether it was written or read. */
export function plain(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers?: readonly (readonly [string, Uint8Array | null])[];
}): unknown {
  const { headers = [], key, timestamp, value } = record;
  return { key: hex(key), value: hex(value), timestamp, headers: headers.map(([name, bytes]) => [name, hex(bytes)]) };
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("hex");
}

/** Rejects when the promise takes longer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>(
    (_resolve, reject) => (timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A transport with some of its methods replaced. */
export function overriding(transport: Transport, methods: Partial<Transport>): Transport {
  return new Proxy(transport, {
    get(target, property) {
      const value: unknown = Reflect.get(methods, property) ?? Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
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

  constructor(
    kafka: KafkaTransportOptions,
    options: Partial<PipelineOptions> = {},
    around = (transport: Transport) => transport,
  ) {
    const exclude = (topic: string): boolean => topic.startsWith("dedup.");
    const onNotice = (notice: string): unknown => this.notices.push(notice);
    const transport = around(kafkaTransport({ topicRefreshMs: 300, exclude, onNotice, ...kafka }));
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
    return this.of("committed").reduce(
      (sum, { outputs }) => sum + outputs.reduce((n, batch) => n + batch.length, 0),
      0,
    );
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
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${what}: not within ${timeoutMs} ms; ${this.#told()}`))),
        timeoutMs,
      );
      this.#waiting.add(look);
      void this.ended.then((error) =>
        settle(() => reject(new Error(`${what}: the pipeline ended before`, { cause: error }))),
      );
    });
  }

  async stop(): Promise<Error | null> {
    this.#controller.abort();
    return this.ended;
  }

  #told(): string {
    const words = this.events.map((event) =>
      "error" in event ? `${event.type}(${event.error?.message})` : event.type,
    );
    return `${words.slice(-30).join(", ")}; notices: ${this.notices.slice(-5).join("; ")}`;
  }
}
