import type { LaneContext } from "@tandem-cdc/core";

/** Sources that are counted by name; the names of more would be a label set without a bound. */
const SOURCES = 16;

/** Counts of one batch, by name and, where it is known, by source: `first`, `first:a`. */
export class Tally {
  readonly #totals = new Map<string, number>();
  /** By name, then by source. */
  readonly #bySource = new Map<string, Map<string, number>>();

  count(name: string, source?: string): void {
    add(this.#totals, name);
    if (source === undefined) return;
    let counts = this.#bySource.get(name);
    if (counts === undefined) this.#bySource.set(name, (counts = new Map()));
    add(counts, counts.size < SOURCES || counts.has(source) ? source : "other");
  }

  report(context: LaneContext): void {
    for (const [name, count] of this.#totals) context.report(name, count);
    for (const [name, counts] of this.#bySource)
      for (const [source, count] of counts) context.report(`${name}:${source}`, count);
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
