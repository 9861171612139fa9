import type { LaneContext } from "@tandem-cdc/core";

/** Sources that are counted by name; the names of more would be a label set without a bound. */
const SOURCES = 16;

/** Counts of one batch, by name and, where it is known, by source: `first`, `first:a`. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #sources = new Set<string>();

  count(name: string, source?: string): void {
    this.#add(name);
    if (source === undefined) return;
    if (this.#sources.size < SOURCES) this.#sources.add(source);
    this.#add(`${name}:${this.#sources.has(source) ? source : "other"}`);
  }

  report(context: LaneContext): void {
    for (const [name, count] of this.#counts) context.report(name, count);
  }

  #add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
