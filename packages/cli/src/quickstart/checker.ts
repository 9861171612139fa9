import type { ReadRecord } from "@tandem-cdc/kafka";
import type { Change } from "./history.ts";

export interface Findings {
  readonly emitted: number;
  readonly tombstones: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

const decoder = new TextDecoder();

function contentOf(key: string, transaction: number, op: string, before: string | null, after: string | null): string {
  return `${key} ${transaction} ${op} ${before} ${after}`;
}

/**
 * Compares what a `read_committed` reader finds with the history: it knows these two and nothing of the pipeline. Equal
 * changes of one transaction are told apart by counting them.
 */
export class Checker {
  readonly #expected = new Map<string, Change>();
  readonly #seen = new Map<string, number>();
  readonly #last = new Map<number, number>();
  readonly #owed = new Map<number, string>();
  #emitted = 0;
  #tombstones = 0;
  #duplicated = 0;
  #reordered = 0;
  #found = 0;
  #unpaid = 0;

  constructor(history: readonly Change[]) {
    const times = new Map<string, number>();
    for (const change of history) {
      const content = contentOf(change.key, change.transaction, change.op, change.before, change.after);
      const n = (times.get(content) ?? 0) + 1;
      times.set(content, n);
      this.#expected.set(`${content} ${n}`, change);
    }
  }

  /** Distinct changes of the history that have come out so far. */
  get found(): number {
    return this.#found;
  }

  add({ key, partition, value }: ReadRecord): void {
    const keyText = key === null ? "" : decoder.decode(key);
    const owed = this.#owed.get(partition);
    this.#owed.delete(partition);
    if (value === null) {
      this.#tombstones++;
      if (owed !== keyText) this.#duplicated++;
      return;
    }
    if (owed !== undefined) this.#unpaid++;
    this.#emitted++;
    const event = JSON.parse(decoder.decode(value)) as {
      op: string;
      before: unknown;
      after: unknown;
      source: { gtid: string };
    };
    const text = (row: unknown): string | null => (row === null ? null : JSON.stringify(row));
    const content = contentOf(
      keyText,
      Number(event.source.gtid.split("-")[2]),
      event.op,
      text(event.before),
      text(event.after),
    );
    const n = (this.#seen.get(content) ?? 0) + 1;
    this.#seen.set(content, n);
    if (event.op === "d") this.#owed.set(partition, keyText);
    const change = this.#expected.get(`${content} ${n}`);
    if (change === undefined || change.partition !== partition) {
      this.#duplicated++;
      return;
    }
    this.#found++;
    if (change.number < (this.#last.get(partition) ?? -1)) this.#reordered++;
    this.#last.set(partition, Math.max(change.number, this.#last.get(partition) ?? -1));
  }

  findings(): Findings {
    return {
      emitted: this.#emitted,
      tombstones: this.#tombstones,
      lost: this.#expected.size - this.#found + this.#unpaid + this.#owed.size,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
    };
  }
}
