import { Serial } from "./call.ts";
import { transportError } from "./errors.ts";
import { RangeReader } from "./reader.ts";
import { createMissing, type NewTopic } from "./topics.ts";

const decoder = new TextDecoder();
const READ_MS = 30_000;

/** The compacted topic `<name>.lanes`: one record per lane, and one per instance. */
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
  readonly #looks = new Serial();
  #reader: RangeReader | undefined;
  #next = 0;

  constructor(conf: Record<string, unknown>, name: string) {
    this.#conf = conf;
    this.#topic = laneStateTopic(name);
  }

  async create(adminConf: Record<string, unknown>): Promise<void> {
    await createMissing(adminConf, [this.#topic]);
  }

  /** The newest committed records by key, as of the topic's end at the call. */
  newest(): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#looks.run(() => this.#look());
  }

  async #look(): Promise<ReadonlyMap<string, Uint8Array>> {
    const lane = { topic: this.#topic.topic, partition: 0 };
    this.#reader ??= await RangeReader.open(this.#conf);
    const { highOffset } = await this.#reader.watermarks(lane);
    if (highOffset < this.#next) {
      this.#next = 0;
      this.#newest.clear();
    }
    try {
      for await (const messages of this.#reader.messages(lane, this.#next, highOffset, AbortSignal.timeout(READ_MS)))
        for (const { key, value } of messages) {
          if (key === null || key === undefined) continue;
          const id = typeof key === "string" ? key : decoder.decode(key);
          if (value === null) this.#newest.delete(id);
          else this.#newest.set(id, value);
        }
    } catch (thrown) {
      throw transportError(`reading ${lane.topic}`, thrown);
    }
    this.#next = highOffset;
    return this.#newest;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }
}
