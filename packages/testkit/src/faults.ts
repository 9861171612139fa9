import type { Random } from "./random.ts";

/** Everything that a simulation may let go wrong, and how often per occasion. Names appear in verdicts. */
export const FAULT_RATES = {
  // transactions
  "produce-abortable": 0.01,
  "produce-fatal": 0.004,
  "offsets-abortable": 0.02,
  "offsets-unknown": 0.01,
  "commit-abortable": 0.01,
  "commit-request-lost": 0.015,
  "commit-answer-lost": 0.02,
  "commit-late": 0.01,
  "abort-unknown": 0.05,
  "producer-unavailable": 0.05,
  // reading
  "poll-failed": 0.005,
  "lane-start-failed": 0.03,
  "read-failed": 0.02,
  "seek-failed": 0.02,
  // the key store
  "store-timeout-before-write": 0.02,
  "store-timeout-after-write": 0.02,
  "store-partial-write": 0.02,
  "store-late-write": 0.01,
  "store-slow": 0.03,
} as const;

export type FaultName = keyof typeof FAULT_RATES;

/** Strikes by chance, counts, and falls silent when it is told to. */
export class Faults {
  /** Nothing goes wrong any more. */
  quiet = false;
  /** Multiplies every rate, for bad moments. */
  intensity = 1;
  readonly counts: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #rates: Readonly<Partial<Record<FaultName, number>>>;
  readonly #next = new Map<FaultName, number>();

  constructor(random: Random, rates: Readonly<Partial<Record<FaultName, number>>> = FAULT_RATES) {
    this.#random = random;
    this.#rates = rates;
  }

  strikes(name: FaultName): boolean {
    const ordered = this.#next.get(name) ?? 0;
    if (ordered > 0) this.#next.set(name, ordered - 1);
    else if (this.quiet || !this.#random.chance((this.#rates[name] ?? 0) * this.intensity)) return false;
    this.count(name);
    return true;
  }

  /** Strikes the next `times` times, for tests that want one certain fault. */
  order(name: FaultName, times = 1): void {
    this.#next.set(name, times);
  }

  /** Counts what somebody else lets happen: a crash, an outage. */
  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

/** A world in which nothing goes wrong but what is ordered. */
export function noFaults(random: Random): Faults {
  return new Faults(random, {});
}
