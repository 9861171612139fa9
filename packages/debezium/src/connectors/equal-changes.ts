import type { LaneContext } from "@tandem-cdc/core";

/** Changes of a group that are looked at, of all sources together. */
const WATCHED = 100_000;

/**
 * Counts as `ambiguous` what one source sends twice within a transaction and nothing tells apart: an equal change, or the
 * same again after the connector was started again. Without known sources such a pair looks as any two copies.
 */
export class EqualChanges {
  readonly #context: LaneContext;
  readonly #seen = new Map<string, Set<number>>();
  #group = "";
  #watched = 0;

  constructor(context: LaneContext) {
    this.#context = context;
  }

  see(group: string, source: string | undefined, content: number): void {
    if (source === undefined) return;
    if (group !== this.#group) {
      this.#group = group;
      this.#seen.clear();
      this.#watched = 0;
    }
    const contents = this.#seen.get(source) ?? new Set();
    if (contents.has(content)) this.#context.report("ambiguous", 1);
    else if (this.#watched < WATCHED) {
      this.#watched++;
      this.#seen.set(source, contents.add(content));
    }
  }
}
