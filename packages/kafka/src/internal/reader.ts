import { type Batch, type Lane, TandemError } from "@tandem-cdc/core";
import { call } from "./call.ts";
import { connected } from "./connected.ts";
import { transportError } from "./errors.ts";
import { MessageBatch } from "./message-batch.ts";
import {
  type KafkaConsumer,
  type Message,
  native,
  type TopicPartitionOffset,
  type WatermarkOffsets,
} from "./rdkafka.ts";
import { partitionCounts } from "./topics.ts";

const TIMEOUT_MS = 10_000;
const COUNT = 1_000;

/** Oldest offset and the end of what may be read (under read_committed: the last stable offset). */
export async function watermarks(client: KafkaConsumer, { topic, partition }: Lane): Promise<WatermarkOffsets> {
  const what = `asking for the offsets of ${topic}-${partition}`;
  try {
    return await call(what, TIMEOUT_MS + 5_000, (done) =>
      client.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, done),
    );
  } catch (thrown) {
    throw transportError(what, thrown);
  }
}

/** Offset of the first record of that time or a later one; the end where there is none. */
export async function offsetAt(client: KafkaConsumer, lane: Lane, timestampMs: number): Promise<number> {
  const question = [{ topic: lane.topic, partition: lane.partition, offset: Math.max(0, Math.floor(timestampMs)) }];
  try {
    const [found] = await call<TopicPartitionOffset[]>("looking up an offset by time", 2 * TIMEOUT_MS + 5_000, (done) =>
      client.offsetsForTimes(question, 2 * TIMEOUT_MS, done),
    );
    const offset = found?.offset;
    return typeof offset === "number" && offset >= 0 ? offset : (await watermarks(client, lane)).highOffset;
  } catch (thrown) {
    throw transportError("looking up an offset by time", thrown);
  }
}

/** Reads ranges of topic-partitions beside the group: a consumer that assigns itself and never joins. */
export class RangeReader {
  readonly #client: KafkaConsumer;
  /** Where the assigned partition last ended; -1 while it has not. */
  #endedAt = -1;

  private constructor(client: KafkaConsumer) {
    this.#client = client;
    client.on("partition.eof", (eof: { readonly offset: number }) => (this.#endedAt = eof.offset));
  }

  static async open(conf: Record<string, unknown>): Promise<RangeReader> {
    const client = new (native().KafkaConsumer)(conf, { "auto.offset.reset": "error" });
    client.on("event.error", () => undefined);
    try {
      await connected("connecting a reader", client);
    } catch (thrown) {
      throw transportError("connecting a reader", thrown);
    }
    client.setDefaultConsumeTimeout(20);
    return new RangeReader(client);
  }

  watermarks(lane: Lane): Promise<WatermarkOffsets> {
    return watermarks(this.#client, lane);
  }

  offsetAt(lane: Lane, timestampMs: number): Promise<number> {
    return offsetAt(this.#client, lane, timestampMs);
  }

  partitionCounts(topic?: string): Promise<ReadonlyMap<string, number>> {
    return partitionCounts(this.#client, topic);
  }

  /** Messages from `from` (inclusive) to `to` (exclusive), or to the log's end at the call, whichever comes first. */
  async *messages(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncGenerator<readonly Message[]> {
    const { highOffset, lowOffset } = await this.watermarks(lane);
    const end = Math.min(to, highOffset);
    let next = Math.max(from, lowOffset);
    if (next >= end) return;
    this.#endedAt = -1;
    this.#client.assign([{ ...lane, offset: next }]);
    try {
      while (next < end) {
        signal.throwIfAborted();
        const messages = await call<Message[]>(`reading ${lane.topic}-${lane.partition}`, 60_000, (done) =>
          this.#client.consume(COUNT, done),
        );
        const wanted = messages.filter((message) => message.offset >= next && message.offset < end);
        if (wanted.length > 0) yield wanted;
        const last = messages.at(-1);
        if (last !== undefined) next = last.offset + 1;
        // Trailing control records and compacted gaps carry no message: the end of the partition tells.
        if (messages.length === 0 && this.#endedAt >= end) return;
      }
    } catch (thrown) {
      if (signal.aborted || thrown instanceof TandemError) throw thrown;
      throw transportError(`reading ${lane.topic}-${lane.partition}`, thrown);
    } finally {
      this.#client.unassign();
    }
  }

  async *batches(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncGenerator<Batch> {
    for await (const messages of this.messages(lane, from, to, signal)) yield new MessageBatch(lane, messages);
  }

  async close(): Promise<void> {
    await call("closing a reader", 10_000, (done) => this.#client.disconnect(() => done(null))).catch(() => undefined);
  }
}

/** Keeps one idle reader for the next call. */
export class Readers {
  readonly #conf: Record<string, unknown>;
  #idle: RangeReader | undefined;

  constructor(conf: Record<string, unknown>) {
    this.#conf = conf;
  }

  async *read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const reader = this.#idle ?? (await RangeReader.open(this.#conf));
    this.#idle = undefined;
    try {
      yield* reader.batches(lane, from, to, signal);
    } finally {
      if (this.#idle === undefined) this.#idle = reader;
      else await reader.close();
    }
  }

  async close(): Promise<void> {
    await this.#idle?.close();
    this.#idle = undefined;
  }
}
