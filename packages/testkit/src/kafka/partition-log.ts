import type { Header, Lane } from "@tandem-cdc/core";
import { BrokerError } from "./broker-error.ts";
import type { Participant, Transaction } from "./transactions.ts";

/** A record as it is written. */
export interface LogRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly timestamp: number;
}

export interface StoredRecord extends LogRecord {
  readonly offset: number;
}

interface Entry {
  readonly offset: number;
  readonly transaction: Transaction | null;
  /** Null: a control marker. It takes an offset, and nobody sees it. */
  readonly record: StoredRecord | null;
}

/**
 * One partition. Records of open and aborted transactions lie in the log like all others; a reader of committed records
 * stops at the last stable offset and passes over the aborted.
 */
export class PartitionLog implements Participant {
  readonly lane: Lane;
  #entries: Entry[] = [];
  #start = 0;
  #end = 0;
  /** First offset of each transaction that has no marker here yet. */
  readonly #open = new Map<Transaction, number>();
  readonly #aborted = new Set<Transaction>();

  readonly #onAppend: (lane: Lane, offset: number) => void;

  constructor(lane: Lane, onAppend: (lane: Lane, offset: number) => void = () => undefined) {
    this.lane = lane;
    this.#onAppend = onAppend;
  }

  get start(): number {
    return this.#start;
  }
  get end(): number {
    return this.#end;
  }
  /** Where the oldest open transaction begins; the end when there is none. */
  get lastStable(): number {
    let stable = this.#end;
    for (const first of this.#open.values()) stable = Math.min(stable, first);
    return stable;
  }

  append(record: LogRecord, transaction: Transaction | null = null): number {
    const offset = this.#end++;
    const { headers, key, timestamp, value } = record;
    this.#entries.push({ offset, transaction, record: { key, value, headers, timestamp, offset } });
    if (transaction !== null && !this.#open.has(transaction)) this.#open.set(transaction, offset);
    this.#onAppend(this.lane, offset);
    return offset;
  }

  endTransaction(transaction: Transaction, committed: boolean): void {
    this.#entries.push({ offset: this.#end++, transaction, record: null });
    this.#open.delete(transaction);
    if (!committed) this.#aborted.add(transaction);
  }

  /** Committed records from `from` on, below `to`, at most `max`. Throws where `from` is not in the log. */
  read(from: number, max: number = Infinity, to: number = Infinity): StoredRecord[] {
    if (from < this.#start || from > this.#end)
      throw new BrokerError("OFFSET_OUT_OF_RANGE", `${from} is not between ${this.#start} and ${this.#end}`);
    const found: StoredRecord[] = [];
    const limit = Math.min(to, this.lastStable);
    for (let at = from; at < limit && found.length < max; at++) {
      const entry = this.#entries[at - this.#start];
      if (entry === undefined || entry.record === null) continue;
      if (entry.transaction !== null && this.#aborted.has(entry.transaction)) continue;
      found.push(entry.record);
    }
    return found;
  }

  /** Retention: what lies before `offset` is gone. */
  deleteBefore(offset: number): void {
    const start = Math.min(Math.max(offset, this.#start), this.#end);
    this.#entries = this.#entries.slice(start - this.#start);
    this.#start = start;
  }

  /** A truncated log: what lies at or after `offset` is gone, and its offsets are given again. */
  truncate(offset: number): void {
    this.#entries = this.#entries.slice(0, Math.max(0, offset - this.#start));
    this.#end = Math.min(this.#end, Math.max(offset, this.#start));
    for (const [transaction, first] of this.#open) if (first >= this.#end) this.#open.delete(transaction);
  }
}
