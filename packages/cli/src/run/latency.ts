/** Buckets grow by a tenth from 0.1 ms on, up to weeks: percentiles are right to 10 %. */
const GROWTH = 1.1;
const FIRST = 0.1;
const BUCKETS = 256;

/** Percentiles of many durations in constant memory. */
export class Latency {
  readonly #counts: Uint32Array = new Uint32Array(BUCKETS);
  #total = 0;

  add(ms: number): void {
    const bucket = ms <= FIRST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / FIRST) / Math.log(GROWTH)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  merge(other: Latency): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    this.#total += other.#total;
  }

  /** Milliseconds; null without any value. */
  percentile(p: number): number | null {
    if (this.#total === 0) return null;
    let rank = Math.ceil((p / 100) * this.#total);
    let bucket = 0;
    for (; bucket < BUCKETS - 1; bucket++) {
      rank -= this.#counts[bucket] ?? 0;
      if (rank <= 0) break;
    }
    return Math.round(FIRST * GROWTH ** bucket * 10) / 10;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
