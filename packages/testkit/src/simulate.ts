import { loadHash } from "@tandem-cdc/dedup";
import { type CoverageTable, together } from "./simulation/coverage.ts";
import { type HistoryVerdict, runHistory } from "./simulation/history-run.ts";
import { EVERYTHING, type Scope } from "./simulation/scope.ts";
import { shrink } from "./simulation/shrink.ts";
import type { Subject } from "./simulation/site.ts";

export interface SimulateOptions extends Subject {
  /** How many histories. */
  readonly seeds: number;
  /** The first seed. Default 1. */
  readonly seed?: number;
  /** Ends at the first anomaly. Default false. */
  readonly untilAnomaly?: boolean;
  /** Makes the stories of anomalies small, which takes some hundred histories more. Default true. */
  readonly shrinks?: boolean;
  /** Told after each history. */
  readonly onHistory?: (verdict: HistoryVerdict) => void;
}

export interface SimulationResult {
  readonly histories: number;
  readonly ok: boolean;
  /** The histories with anomalies, each with its story; the first few. */
  readonly anomalies: readonly HistoryVerdict[];
  readonly failed: number;
  /** Records of input, distinct changes among them, and what came out. */
  readonly input: number;
  readonly distinct: number;
  readonly emitted: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly altered: number;
  readonly aborted: number;
  readonly tombstonesMissing: number;
  readonly stuck: number;
  /** Faults that struck, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** What they met. */
  readonly coverage: CoverageTable;
  /** The longest time from the last fault until everything was out, milliseconds of virtual time. */
  readonly longestRecoveryMs: number;
  readonly steps: number;
}

/** Histories between two sums. */
const STRETCH = 100;
/** Anomalies whose story is kept. */
export const STORIES = 5;
const COUNTS = [
  "input",
  "distinct",
  "emitted",
  "lost",
  "duplicated",
  "reordered",
  "altered",
  "aborted",
  "tombstonesMissing",
] as const;

export const NOTHING: SimulationResult = {
  histories: 0,
  ok: true,
  anomalies: [],
  failed: 0,
  input: 0,
  distinct: 0,
  emitted: 0,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  altered: 0,
  aborted: 0,
  tombstonesMissing: 0,
  stuck: 0,
  faults: {},
  coverage: {},
  longestRecoveryMs: 0,
  steps: 0,
};

/**
 * Runs whole histories of the real runtime on a simulated Kafka, store and clock, each reproducible by its seed: crashes
 * between any two steps, zombies, rebalances, lost answers, outages. Each ends with quiet, and is then judged.
 */
export async function simulate({
  onHistory,
  seed: from = 1,
  seeds,
  shrinks = true,
  untilAnomaly = false,
  ...subject
}: SimulateOptions): Promise<SimulationResult> {
  const setting = { hash: await loadHash(), subject };
  let result = NOTHING;
  let fresh: SimulationResult[] = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const run = (scope: Scope): Promise<HistoryVerdict> => withoutStacks(() => runHistory(seed, setting, false, scope));
    const verdict = await run(EVERYTHING);
    onHistory?.(verdict);
    // The same seed gives the same history: this time it is made small, and written down.
    const told = verdict.ok || sum(result, ...fresh).anomalies.length >= STORIES;
    const scope = told || !shrinks ? EVERYTHING : (await shrink(verdict, run)).scope;
    fresh.push(resultOf(verdict, told ? [] : [await runHistory(seed, setting, true, scope)]));
    if (untilAnomaly && !verdict.ok) break;
    if (fresh.length >= STRETCH) [result, fresh] = [sum(result, ...fresh), []];
    await breathe();
  }
  return sum(result, ...fresh);
}

function resultOf(verdict: HistoryVerdict, anomalies: readonly HistoryVerdict[]): SimulationResult {
  const { audits, coverage, faults, ok, recoveryMs, steps, stuck } = verdict;
  const counts = Object.fromEntries(
    COUNTS.map((count) => [count, audits.reduce((total, audit) => total + audit[count], 0)]),
  ) as Record<(typeof COUNTS)[number], number>;
  return {
    ...NOTHING,
    ...counts,
    histories: 1,
    ok,
    anomalies,
    failed: ok ? 0 : 1,
    stuck: stuck ? 1 : 0,
    faults: Object.fromEntries(faults),
    coverage,
    longestRecoveryMs: stuck ? 0 : recoveryMs,
    steps,
  };
}

/** What several runs found, as one. */
export function sum(...runs: readonly SimulationResult[]): SimulationResult {
  const added = Object.fromEntries(
    ([...COUNTS, "histories", "failed", "stuck", "steps"] as const).map((count) => [
      count,
      runs.reduce((total, run) => total + run[count], 0),
    ]),
  ) as Pick<SimulationResult, (typeof COUNTS)[number] | "histories" | "failed" | "stuck" | "steps">;
  return {
    ...added,
    ok: runs.every(({ ok }) => ok),
    anomalies: runs.flatMap(({ anomalies }) => anomalies).slice(0, STORIES),
    faults: together(...runs.map(({ faults }) => ({ faults })))["faults"] ?? {},
    coverage: together(...runs.map(({ coverage }) => coverage)),
    longestRecoveryMs: Math.max(...runs.map(({ longestRecoveryMs }) => longestRecoveryMs)),
  };
}

/** Faults throw a great many errors whose stacks nobody reads: a tenth of the time. A written-down history has them. */
async function withoutStacks<T>(run: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Histories never wait for real; what else this process has to do gets its turn between them. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
