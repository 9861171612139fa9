import {
  type Batch,
  batchOf,
  type IdentityStrategy,
  type JsonValue,
  type LaneContext,
  type Outcomes,
  type PlainRecord,
} from "@tandem-cdc/core";
import { dedup, type DedupOptions, loadHash, memoryStore } from "@tandem-cdc/dedup";

/** A record before it has a place on the lane; without an offset it takes the next one. */
export type Delivery = Omit<PlainRecord, "offset" | "timestamp"> & {
  readonly offset?: number;
  readonly timestamp?: number;
};

export interface PlayerOptions {
  readonly identity: IdentityStrategy;
  readonly partitions?: number;
  readonly dedup?: Partial<DedupOptions>;
}

const LANE = { topic: "cdc.shop.orders", partition: 0 };
const hash = await loadHash();

export interface Output {
  readonly offset: number;
  readonly value: Uint8Array | null;
}

/** One lane under a deduplicator: takes deliveries as the log would hold them, and tells what came out. */
export class Player {
  readonly log: PlainRecord[] = [];
  readonly output: Output[] = [];
  readonly rejected: { readonly offset: number; readonly cause: Error }[] = [];
  readonly counts: Map<string, number> = new Map();
  /** Offsets of the records that were read again, and how far it said to be. */
  readonly read: number[] = [];
  readonly restoring: string[] = [];
  /** Retention: records below are gone. */
  logStart = 0;
  /** What the last commit holds. */
  committed: JsonValue | undefined;
  readonly #options: PlayerOptions;
  readonly #transform;
  #context: LaneContext | undefined;
  /** The last record that committed. */
  #last: PlainRecord | undefined;
  /** Where a replay that has not committed yet begins. */
  #replayedFrom: number | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#transform = dedup({ identity: options.identity, keyStore: memoryStore(), hash, ...options.dedup });
  }

  /** Offsets of the records that came out, regenerated tombstones left out. */
  get emitted(): number[] {
    return this.output.filter(({ value }) => value !== null).map(({ offset }) => offset);
  }

  /** The deliveries arrive as one batch, and commit. */
  async play(...deliveries: readonly Delivery[]): Promise<void> {
    const batch = this.#append(deliveries);
    this.#commit(batch, await this.#apply(batch));
  }

  /** The deliveries arrive as one batch; their transaction aborts after the claims, and they are read again. */
  async playAborted(...deliveries: readonly Delivery[]): Promise<void> {
    const batch = this.#append(deliveries);
    await this.#apply(batch);
    await this.restart();
    this.counts.clear();
    this.#commit(batch, await this.#apply(batch));
  }

  /** The deduplicator starts anew at what is committed; the key store lives on. */
  async restart(): Promise<void> {
    if (this.#context !== undefined) await this.#transform.closeLane?.(this.#context);
    this.#context = undefined;
  }

  /** Everything from this coordinate on is read again on purpose; what comes out of that. The lane then goes on. */
  async replay(from: number): Promise<Output[]> {
    await this.restart();
    const before = this.output.length;
    this.#replayedFrom = from;
    for (const batch of batchesOf(this.log.filter(({ offset }) => offset >= from)))
      this.#commit(batch, await this.#apply(batch));
    this.#replayedFrom = undefined;
    return this.output.splice(before);
  }

  async #apply(batch: Batch) {
    if (this.#context === undefined) {
      this.#context = this.#newContext();
      await this.#transform.openLane?.(this.#context);
    }
    return this.#transform.apply(batch, this.#context);
  }

  #commit(batch: Batch, { next, rejected }: Outcomes): void {
    for (let i = 0; i < next.length; i++) this.output.push({ offset: next.offset(i), value: next.value(i) });
    for (const { index, cause } of rejected) this.rejected.push({ offset: batch.offset(index), cause });
    this.committed = this.#context?.state;
    if (this.#replayedFrom === undefined) this.#last = this.log.at(-1);
  }

  #append(deliveries: readonly Delivery[]): Batch {
    const records = deliveries.map((delivery) => {
      const offset = delivery.offset ?? (this.log.at(-1)?.offset ?? -1) + 1;
      const record = { timestamp: 1_000 + offset, ...delivery, offset };
      this.log.push(record);
      return record;
    });
    return batchOf(LANE, records);
  }

  #newContext(): LaneContext {
    const { counts, log, read, restoring } = this;
    const { partitions = 1 } = this.#options;
    const last =
      this.#replayedFrom === undefined ? this.#last : log.findLast(({ offset }) => offset < (this.#replayedFrom ?? 0));
    const readable = (from: number, to: number): PlainRecord[] =>
      log.filter(({ offset }) => offset >= Math.max(from, this.logStart) && offset < to);
    return {
      lane: LANE,
      pipeline: "test",
      partitions,
      startOffset: last === undefined ? (log[0]?.offset ?? 0) : last.offset + 1,
      logStart: this.logStart,
      lastTimestamp: last?.timestamp ?? null,
      replaying: this.#replayedFrom !== undefined,
      note: () => undefined,
      signal: new AbortController().signal,
      // Through JSON, as lane state travels.
      state: this.committed === undefined ? undefined : (JSON.parse(JSON.stringify(this.committed)) as JsonValue),
      async *replay(from, to) {
        const records = readable(from, to);
        read.push(...records.map(({ offset }) => offset));
        yield* batchesOf(records);
      },
      offsetAt: async () => 0,
      restoring: (records, of) => restoring.push(`${records}/${of}`),
      report: (name, count) => counts.set(name, (counts.get(name) ?? 0) + count),
    };
  }
}

function* batchesOf(records: readonly PlainRecord[]): Generator<Batch> {
  for (let i = 0; i < records.length; i += 3) yield batchOf(LANE, records.slice(i, i + 3));
}
