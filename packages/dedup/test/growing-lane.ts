import {
  type Batch,
  batchOf,
  type IdentityStrategy,
  isJsonObject,
  type JsonValue,
  type PlainRecord,
} from "@tandem-cdc/core";
import { dedup, type DedupOptions, loadHash, memoryStore, type RebuildOptions } from "../src/index.ts";
import { asSaid, context, FakeClock, LANE, type Said } from "./support.ts";

const hash = await loadHash();
export const HORIZON_MS = 100_000;
/** Claims of the whole history live. */
export const KEPT_MS = 1.25 * HORIZON_MS;

/** A change that shares its position with others has an order of its own. */
export interface Ordered extends Said {
  readonly order?: number;
}

/** As it is said, but that what a source has sent before is its re-delivery: it remembers how far each one is. */
export const marked: IdentityStrategy = {
  name: "marked",
  version: 1,
  async openLane(lane, state) {
    const inner = await asSaid.openLane(lane, undefined);
    const marks: Record<string, JsonValue> = isJsonObject(state) ? { ...state } : {};
    return {
      identify(batch, i, into) {
        const { kind, order, position = 0, source = "" } = saidAt(batch, i);
        const mark = order ?? position;
        if (kind === undefined) {
          if (mark <= Number(marks[source] ?? 0)) return "redelivery";
          marks[source] = mark;
        }
        lane.report("identified", 1);
        return inner.identify(batch, i, into);
      },
      state: () => ({ ...marks }),
    };
  },
};

function saidAt(batch: Batch, i: number): Ordered {
  return JSON.parse(Buffer.from(batch.value(i) ?? []).toString()) as Ordered;
}

export interface Sent {
  readonly said: Ordered;
  readonly timestamp: number;
}

/** One lane of a log that grows, with a clock and a store that live on while deduplicators come and go. */
export class Lane {
  readonly clock = new FakeClock();
  readonly log: PlainRecord[] = [];
  readonly read: number[] = [];
  readonly counts = new Map<string, number>();
  /** What the last commit holds. */
  state: JsonValue | undefined;
  logStart = 0;
  #rebuild: RebuildOptions | undefined;
  readonly #options: Partial<DedupOptions>;
  #store = memoryStore({ clock: this.clock, horizonMs: HORIZON_MS });

  constructor(options: Partial<DedupOptions> = { horizonMs: HORIZON_MS }) {
    this.#options = options;
  }

  append({ said, timestamp }: Sent): void {
    this.log.push({ offset: this.log.length, timestamp, key: null, value: Buffer.from(JSON.stringify(said)) });
  }

  /** The claims are gone, as after a restart; the next deduplicator makes them again from the log. */
  forget(): void {
    this.#store = memoryStore({ clock: this.clock, horizonMs: HORIZON_MS });
    this.#rebuild = { horizonMs: HORIZON_MS };
  }

  /** A deduplicator whose transactions abort: nobody sees what it emits. */
  async abort(from: number, size: number): Promise<void> {
    const { state } = this;
    await this.run(from, size);
    this.state = state;
  }

  /** A deduplicator that begins at `from`, and goes on to the log's end in batches of this size. */
  async run(from: number, size: number, replaying = false): Promise<string[]> {
    const { clock, log, logStart, read } = this;
    const stage = dedup({
      identity: marked,
      keyStore: this.#store,
      hash,
      clock,
      ...(this.#rebuild === undefined ? {} : { rebuild: this.#rebuild }),
      ...this.#options,
    });
    this.#rebuild = undefined;
    const lane = {
      ...context(this.state === undefined ? undefined : (JSON.parse(JSON.stringify(this.state)) as JsonValue)),
      startOffset: from,
      logStart,
      replaying,
      // In a replay it is that of the floor.
      lastTimestamp: (replaying ? log.at(-1) : log[from - 1])?.timestamp ?? null,
      async *replay(begin: number, end: number): AsyncGenerator<Batch> {
        for (const record of log.slice(Math.max(begin, logStart), Math.min(end, log.length))) {
          read.push(record.offset);
          yield batchOf(LANE, [record]);
        }
      },
      offsetAt: async (time: number) => log.findIndex(({ timestamp }) => timestamp >= time),
      report: (name: string, count: number) => void this.counts.set(name, (this.counts.get(name) ?? 0) + count),
    };
    await stage.openLane?.(lane);
    const out: string[] = [];
    for (let at = from; at < log.length; at += size) {
      const batch = batchOf(LANE, log.slice(at, at + size));
      const { diverted, next } = await stage.apply(batch, lane);
      for (let i = 0; i < next.length; i++) out.push(`${next.offset(i)}`);
      for (const { index, reason } of diverted) out.push(`${batch.offset(index)} ${reason}`);
    }
    this.state = lane.state;
    return out;
  }
}
