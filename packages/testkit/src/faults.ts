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
  "store-load-failed": 0.02,
} as const;

export type FaultName = keyof typeof FAULT_RATES;

/** What a process asks whether something goes wrong now. */
export interface Strikes {
  strikes(name: FaultName): boolean;
}

/** Something that went wrong: its name, and what was under way then. `process` null: it is nobody's own. */
export interface Strike {
  readonly name: string;
  readonly process: string | null;
  readonly states: readonly string[];
}

/** How much may go wrong: what a failing history is shrunk by. The draws stay the same, only their effect goes. */
export interface FaultLimits {
  /** These never strike. */
  readonly without?: ReadonlySet<string>;
  /** So many strike, and no more. */
  readonly most?: number;
}

export interface FaultsOptions {
  readonly rates?: Readonly<Partial<Record<FaultName, number>>>;
  readonly limits?: FaultLimits;
  readonly onStrike?: (strike: Strike) => void;
}

/** Strikes by chance, counts, and falls silent when it is told to. */
export class Faults implements Strikes {
  /** Nothing goes wrong any more. */
  quiet = false;
  /** Multiplies every rate, for bad moments. */
  intensity = 1;
  readonly counts: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #rates: Readonly<Partial<Record<FaultName, number>>>;
  readonly #limits: FaultLimits;
  readonly #onStrike: (strike: Strike) => void;
  readonly #next = new Map<FaultName, number>();
  #struck = 0;

  constructor(random: Random, { limits = {}, onStrike = () => undefined, rates = FAULT_RATES }: FaultsOptions = {}) {
    this.#random = random;
    this.#rates = rates;
    this.#limits = limits;
    this.#onStrike = onStrike;
  }

  strikes(name: FaultName): boolean {
    return this.#strikes(name, null, () => []);
  }

  /** The same, for one process, whose state then is noted. */
  at(process: string, states: () => readonly string[]): Strikes {
    return { strikes: (name) => this.#strikes(name, process, states) };
  }

  /** Strikes the next `times` times, for tests that want one certain fault. */
  order(name: FaultName, times = 1): void {
    this.#next.set(name, times);
  }

  /** Whether a fault that somebody else lets happen may: a crash, an outage. */
  allows(name: string): boolean {
    const { most = Infinity, without } = this.#limits;
    return without?.has(name) !== true && this.#struck < most;
  }

  /** Counts what somebody else lets happen. */
  count(name: string, process: string | null = null, states: readonly string[] = []): void {
    this.#struck++;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.#onStrike({ name, process, states });
  }

  #strikes(name: FaultName, process: string | null, states: () => readonly string[]): boolean {
    const ordered = this.#next.get(name) ?? 0;
    if (ordered > 0) this.#next.set(name, ordered - 1);
    else if (this.quiet || !this.#random.chance((this.#rates[name] ?? 0) * this.intensity)) return false;
    if (!this.allows(name)) return false;
    this.count(name, process, states());
    return true;
  }
}

/** A world in which nothing goes wrong but what is ordered. */
export function noFaults(random: Random): Faults {
  return new Faults(random, { rates: {} });
}
