import type { Batch } from "@tandem-cdc/core";

const MOST_RECORDS = 10_000;
const MOST_NAMES = 32;
const MOST_VALUES = 8;

const decoder = new TextDecoder();

/** Headers that may name the connector: on every record, with a few values. Looks at the first records only. */
export class HeaderCandidates {
  #records = 0;
  readonly #values = new Map<string, { records: number; readonly values: Set<string> }>();

  see(batch: Batch): void {
    for (let i = 0; i < batch.length && this.#records < MOST_RECORDS; i++) {
      this.#records++;
      for (const { key, value } of batch.headers(i)) this.#header(key, value);
    }
  }

  #header(name: string, value: Uint8Array | null): void {
    if (value === null || value.length > 40 || (this.#values.size >= MOST_NAMES && !this.#values.has(name))) return;
    const known = this.#values.get(name) ?? { records: 0, values: new Set<string>() };
    this.#values.set(name, known);
    known.records++;
    if (known.values.size <= MOST_VALUES) known.values.add(decoder.decode(value));
  }

  /** `name` with its values; those with more than one value first. */
  found(): readonly { readonly name: string; readonly values: readonly string[] }[] {
    return [...this.#values]
      .filter(([, { records, values }]) => records === this.#records && values.size >= 2 && values.size <= MOST_VALUES)
      .map(([name, { values }]) => ({ name, values: [...values].toSorted() }));
  }
}
