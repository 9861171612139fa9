import type { Batch, Lane } from "@tandem-cdc/core";
import { RangeReader, Readers } from "./internal/reader.ts";
import { confsOf } from "./options.ts";
import type { ClientProperties } from "./properties.ts";

/** Reads lanes as they lie in Kafka, `read_committed`: joins no group and writes nothing. */
export interface LogReader {
  /** Partitions of the topic, or of all topics that this client may see. */
  partitions(topic?: string): Promise<ReadonlyMap<string, number>>;
  /** The oldest offset, and the end of what may be read. */
  bounds(lane: Lane): Promise<{ readonly start: number; readonly end: number }>;
  /** Offset of the first record with this timestamp or a later one; the end when there is none. */
  offsetAt(lane: Lane, timestampMs: number): Promise<number>;
  /** Records `from` (inclusive) to `to` (exclusive), or to the end at the call. */
  read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncIterable<Batch>;
  close(): Promise<void>;
}

/**
 * Properties as for a pipeline: for every client, and for its consumer. `group`: one that this user may read; the client
 * asks for its coordinator.
 */
export async function openLogReader(
  client: ClientProperties,
  consumer: ClientProperties = {},
  group = "tandem",
): Promise<LogReader> {
  // Topics are named with each call.
  const { reader: conf } = confsOf({ name: group, topics: ["-"], client, consumer });
  const asking = await RangeReader.open(conf);
  const readers = new Readers(conf);
  return {
    partitions: (topic) => asking.partitionCounts(topic),
    async bounds(lane) {
      const { highOffset, lowOffset } = await asking.watermarks(lane);
      return { start: lowOffset, end: highOffset };
    },
    offsetAt: (lane, timestampMs) => asking.offsetAt(lane, timestampMs),
    read: (lane, from, to, signal) => readers.read(lane, from, to, signal),
    async close() {
      await readers.close();
      await asking.close();
    },
  };
}
