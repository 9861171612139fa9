import type { Stored } from "@tandem-cdc/acceptance";
import { audit, type Verdict } from "@tandem-cdc/testkit";
import { type KeptCopy, keptRecord, type KeptRecord } from "./kept-record.ts";

/** What is seen while it happens. Times are of `Date.now()`. */
export interface Sight {
  /** Records of the input, its different changes, and changes that came out, so far. */
  readonly input: number;
  readonly distinct: number;
  readonly emitted: number;
  /** Records of the output, tombstones too. */
  readonly seen: number;
  /** When each lane's output grew last; null before it has at all. */
  readonly grownAt: readonly (number | null)[];
  /** The longest that nothing came out, of all lanes and of one alone. */
  readonly longestPauseMs: number;
  readonly longestLanePauseMs: number;
}

/** Takes records in as they become visible, and judges the output that stands at the end. */
export class ChaosAudit {
  readonly #changes = new Map<string, KeptCopy>();
  readonly #seen: KeptRecord[] = [];
  readonly #output: KeptCopy[] = [];
  readonly #grownAt: (number | null)[];
  #grewAt: number | null = null;
  #input = 0;
  #emitted = 0;
  #longestPauseMs = 0;
  #longestLanePauseMs = 0;

  constructor(partitions: number) {
    this.#grownAt = Array.from({ length: partitions }, () => null);
  }

  /** Records of the input, lane by lane in order. */
  sent(records: readonly Stored[]): void {
    for (const stored of records) {
      const copy = keptRecord(stored);
      this.#input++;
      if (copy.id !== null && !this.#changes.has(copy.id)) this.#changes.set(copy.id, copy);
    }
  }

  /** What a reader of committed output sees, while it happens. */
  saw(records: readonly Stored[], now: number): void {
    if (records.length > 0) {
      this.#longestPauseMs = Math.max(this.#longestPauseMs, now - (this.#grewAt ?? now));
      this.#grewAt = now;
    }
    for (const stored of records) {
      const { id, record } = keptRecord(stored);
      this.#seen.push(record);
      if (id !== null) this.#emitted++;
      this.#longestLanePauseMs = Math.max(this.#longestLanePauseMs, now - (this.#grownAt[record.partition] ?? now));
      this.#grownAt[record.partition] = now;
    }
  }

  sight(): Sight {
    return {
      input: this.#input,
      distinct: this.#changes.size,
      emitted: this.#emitted,
      seen: this.#seen.length,
      grownAt: this.#grownAt,
      longestPauseMs: this.#longestPauseMs,
      longestLanePauseMs: this.#longestLanePauseMs,
    };
  }

  /** The output as it stands, read from its beginning after the last fault. */
  stands(records: readonly Stored[]): void {
    for (const stored of records) this.#output.push(keptRecord(stored));
  }

  judge(): Verdict {
    const verdict = audit({
      input: [...this.#changes.values()],
      output: this.#output,
      seen: this.#seen,
      isDelete: (record) => (record as KeptRecord).deletes,
    });
    return { ...verdict, input: this.#input };
  }
}
