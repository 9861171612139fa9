import { MOST_SOURCES } from "./change-table.ts";

/** Domains whose order is followed, on one lane. */
const MOST_DOMAINS = 10_000;

/** The sources of one lane by number, how far each has come, and where they meet. */
export class LaneSources {
  readonly #names: string[] = [];
  /** By source: coordinate of its first record of a change that another source has sent too. */
  readonly #met: number[] = [];
  /** By source: the newest first copy among the changes that it shares with others. */
  readonly #reach: number[] = [];
  readonly #newest = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.#names.indexOf(name);
    if (known >= 0) return known;
    if (this.#names.length === MOST_SOURCES) return MOST_SOURCES - 1;
    this.#names.push(name);
    this.#met.push(Infinity);
    this.#reach.push(-1);
    return this.#names.length - 1;
  }

  nameOf(source: number): string {
    return this.#names[source] ?? "";
  }

  /** A change that `first` sent at `firstOffset` came again, from `second`. */
  meet(first: number, firstOffset: number, second: number, secondOffset: number): void {
    this.#met[first] = Math.min(this.#met[first] ?? Infinity, firstOffset);
    this.#met[second] = Math.min(this.#met[second] ?? Infinity, secondOffset);
    for (const source of [first, second]) this.#reach[source] = Math.max(this.#reach[source] ?? -1, firstOffset);
  }

  /** Whether all sources of the lane are among these bits. */
  areAll(bits: number): boolean {
    return this.#names.every((_, source) => ((bits >>> source) & 1) === 1);
  }

  /**
   * Why a change that `only` has sent, at `offset`, has no second copy. Each source sends in order: one that has come
   * further without sending it will not. Before the first change that they share, its copy may lie before what was
   * read; after the last, it may still come.
   */
  missing(only: number, offset: number): "beginning" | "between" | "end" {
    const others = this.#names.map((_, source) => source).filter((source) => source !== only);
    const met = this.#met[only] ?? Infinity;
    // Of a source that shares nothing with the others, there is no telling.
    if (met === Infinity) return "between";
    if (offset < met) return "beginning";
    // Where nobody is named, the copies themselves tell how far their senders have come.
    const passed = others.length === 0 ? [only] : others;
    return passed.some((source) => offset > (this.#reach[source] ?? -1)) ? "end" : "between";
  }

  /** Whether a source's position within a domain is below one that it has been at. */
  goesBack(source: number, domain: string, position: number): boolean {
    if (Number.isNaN(position)) return false;
    const of = `${source} ${domain}`;
    const newest = this.#newest.get(of);
    if (newest !== undefined && position < newest) return true;
    if (newest === undefined && this.#newest.size >= MOST_DOMAINS) return false;
    this.#newest.set(of, position);
    return false;
  }
}
