import type { LaneId } from "@tandem-cdc/core";
import { RangeReader } from "./reader.ts";
import { createMissing, type NewTopic } from "./topics.ts";

const decoder = new TextDecoder();

/** The compacted topic `<name>.lanes`: one record per lane. */
export function laneStateTopic(name: string): NewTopic & { readonly topic: string } {
  return {
    topic: `${name}.lanes`,
    partitions: 1,
    config: {
      "cleanup.policy": "compact",
      "segment.bytes": "8388608",
      "segment.ms": "600000",
      "min.cleanable.dirty.ratio": "0.1",
      "max.compaction.lag.ms": "3600000",
      "retention.ms": "-1",
    },
  };
}

/** Follows the lane state topic: each look reads only what came since the last one. */
export class LaneStates {
  readonly #conf: Record<string, unknown>;
  readonly #topic: NewTopic;
  readonly #newest = new Map<string, Uint8Array>();
  #reader: RangeReader | undefined;
  #next = 0;

  constructor(conf: Record<string, unknown>, name: string) {
    this.#conf = conf;
    this.#topic = laneStateTopic(name);
  }

  async create(adminConf: Record<string, unknown>): Promise<void> {
    await createMissing(adminConf, [this.#topic]);
  }

  /** The newest committed states, as of the topic's end at the call. */
  async newest(): Promise<ReadonlyMap<LaneId, Uint8Array>> {
    const lane = { topic: this.#topic.topic, partition: 0 };
    this.#reader ??= await RangeReader.open(this.#conf);
    const { highOffset } = await this.#reader.watermarks(lane);
    if (highOffset < this.#next) {
      this.#next = 0;
      this.#newest.clear();
    }
    for await (const messages of this.#reader.messages(lane, this.#next, highOffset, new AbortController().signal))
      for (const { key, value } of messages) {
        if (key === null || key === undefined) continue;
        const id = typeof key === "string" ? key : decoder.decode(key);
        if (value === null) this.#newest.delete(id);
        else this.#newest.set(id, value);
      }
    this.#next = highOffset;
    return this.#newest as unknown as ReadonlyMap<LaneId, Uint8Array>;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }
}
