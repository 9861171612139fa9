import type { Batch, RecordView } from "./batch.ts";
import { type RecordChange, select } from "./selection.ts";

/** Records that a stage dropped on purpose, counted by reason. */
export interface Drops {
  readonly stage: string;
  /** A short constant such as `duplicate`; becomes a metric label. */
  readonly reason: string;
  readonly count: number;
}

/** A record that is at fault. The error policy of the runtime decides what becomes of it, never the transform. */
export interface Rejection {
  readonly stage: string;
  /** Index into the batch that the transform received. */
  readonly index: number;
  readonly cause: Error;
  /** The member of the chain that the record was in, and the record as that received it: where it can be resumed. A chain sets it. */
  readonly resume?: { readonly at: string; readonly record: RecordView };
  /** The brokers refuse what became of the record: its dead letter goes without what may be why. The runtime sets it. */
  readonly refused?: true;
  /** Why the record was to leave the stream for a topic of its own, had that not been refused. The runtime sets it. */
  readonly reason?: string;
}

/** A record that leaves the stream for a topic of its own, as it was read, inside the transaction. */
export interface Diversion {
  readonly stage: string;
  /** Index into the batch that the transform received. */
  readonly index: number;
  /** The topic itself: no prefix is put before it. */
  readonly topic: string;
  /** A short constant such as `late`; becomes a metric label. */
  readonly reason: string;
  /** What else is to be known: becomes a header `tandem.<name>` each. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * What became of every record of a batch: it goes on (in `next`, possibly as several records), was dropped with a
 * reason, was rejected with a cause, or was diverted to another topic. `origins[j]` is the index, in the batch that the transform received, of
 * record j of `next`; it never decreases, which is how the lane's order is kept. `null` stands for 0, 1, 2, ...
 */
export interface Outcomes {
  readonly next: Batch;
  readonly origins: Int32Array | null;
  readonly dropped: readonly Drops[];
  readonly rejected: readonly Rejection[];
  readonly diverted: readonly Diversion[];
  /** The key that record i has claimed, as text; of the batch that the transform received, until it receives the next one. */
  readonly keyOf?: (i: number) => string | undefined;
}

const NONE: readonly never[] = [];

/** Every record goes on as it is: makes no object per record. */
export function passThrough(batch: Batch): Outcomes {
  return { next: batch, origins: null, dropped: NONE, rejected: NONE, diverted: NONE };
}

/**
 * Collects the outcomes of one batch. Records go on unless told otherwise; each may be given one fate only.
 * The result is in the batch's order, whatever the order of the calls.
 */
export class OutcomesBuilder {
  readonly #batch: Batch;
  readonly #stage: string;
  /** Records that record i becomes: 1 unless told otherwise. */
  readonly #becomes: Int32Array;
  readonly #decided: Uint8Array;
  #total: number;
  #touched = false;
  readonly #changes = new Map<number, readonly RecordChange[]>();
  readonly #dropped = new Map<string, number>();
  readonly #rejected: Rejection[] = [];
  readonly #diverted: Diversion[] = [];

  constructor(stage: string, batch: Batch) {
    this.#stage = stage;
    this.#batch = batch;
    this.#becomes = new Int32Array(batch.length).fill(1);
    this.#decided = new Uint8Array(batch.length);
    this.#total = batch.length;
  }

  /** Drops record i; `reason` is a short constant. */
  drop(i: number, reason: string): void {
    this.#decide(i, 0);
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** Record i is at fault. */
  reject(i: number, cause: Error): void {
    this.#decide(i, 0);
    this.#rejected.push({ stage: this.#stage, index: i, cause });
  }

  /** Record i leaves the stream for `topic`. It counts as dropped for `reason`. */
  divert(i: number, topic: string, reason: string, context: Readonly<Record<string, string>> = {}): void {
    this.drop(i, reason);
    this.#diverted.push({ stage: this.#stage, index: i, topic, reason, context });
  }

  /** Record i goes on as these records, in this order, each with its coordinate. */
  replace(i: number, records: readonly RecordChange[]): void {
    this.#decide(i, records.length);
    if (records.length === 0) throw new TypeError("to drop a record, call drop() with a reason");
    this.#changes.set(i, records);
  }

  done(): Outcomes {
    if (!this.#touched) return passThrough(this.#batch);
    const origins = new Int32Array(this.#total);
    const changes = new Map<number, RecordChange>();
    let out = 0;
    for (let i = 0; i < this.#batch.length; i++) {
      const count = this.#becomes[i] ?? 0;
      const made = count > 0 && this.#changes.size > 0 ? this.#changes.get(i) : undefined;
      for (let c = 0; c < count; c++) {
        const change = made?.[c];
        if (change !== undefined) changes.set(out, change);
        origins[out++] = i;
      }
    }
    return {
      next: select(this.#batch, origins, changes),
      origins,
      dropped: [...this.#dropped].map(([reason, count]) => ({ stage: this.#stage, reason, count })),
      rejected: this.#rejected,
      diverted: this.#diverted,
    };
  }

  #decide(i: number, becomes: number): void {
    if (!(i >= 0 && i < this.#batch.length)) throw new RangeError(`no record ${i} in a batch of ${this.#batch.length}`);
    if (this.#decided[i] === 1) throw new TypeError(`${this.#stage}: record ${i} was given two fates`);
    this.#decided[i] = 1;
    this.#touched = true;
    this.#total += becomes - 1;
    this.#becomes[i] = becomes;
  }
}
