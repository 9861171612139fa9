import { loadHash } from "@tandem-cdc/dedup";
import { type HistoryVerdict, runHistory } from "./simulation/history-run.ts";
import type { Subject } from "./simulation/world.ts";

export interface SimulateOptions extends Subject {
  /** How many histories. */
  readonly seeds: number;
  /** The first seed. Default 1. */
  readonly seed?: number;
  /** Ends at the first anomaly. Default false. */
  readonly untilAnomaly?: boolean;
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
  /** The longest time from the last fault until everything was out, milliseconds of virtual time. */
  readonly longestRecoveryMs: number;
  readonly steps: number;
}

/** Anomalies whose story is kept. */
const STORIES = 5;
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

/**
 * Runs whole histories of the real runtime on a simulated Kafka, store and clock, each reproducible by its seed: crashes
 * between any two steps, zombies, rebalances, lost answers, outages. Each ends with quiet, and is then judged.
 */
export async function simulate({
  onHistory,
  seed: from = 1,
  seeds,
  untilAnomaly = false,
  ...subject
}: SimulateOptions): Promise<SimulationResult> {
  const setting = { hash: await loadHash(), subject };
  const counts = {
    input: 0,
    distinct: 0,
    emitted: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    altered: 0,
    aborted: 0,
    tombstonesMissing: 0,
  };
  const faults: Record<string, number> = {};
  const anomalies: HistoryVerdict[] = [];
  let [histories, failed, stuck, steps, longestRecoveryMs] = [0, 0, 0, 0, 0];
  for (let seed = from; seed < from + seeds; seed++) {
    const verdict = await withoutStacks(() => runHistory(seed, setting, false));
    histories++;
    steps += verdict.steps;
    for (const count of COUNTS) counts[count] += verdict.audits.reduce((sum, audit) => sum + audit[count], 0);
    for (const [name, times] of verdict.faults) faults[name] = (faults[name] ?? 0) + times;
    if (verdict.stuck) stuck++;
    else longestRecoveryMs = Math.max(longestRecoveryMs, verdict.recoveryMs);
    onHistory?.(verdict);
    if (!verdict.ok) {
      failed++;
      // The same seed gives the same history: this time it is written down.
      if (anomalies.length < STORIES) anomalies.push(await runHistory(seed, setting, true));
      if (untilAnomaly) break;
    }
    await breathe();
  }
  return { histories, ok: failed === 0, anomalies, failed, ...counts, stuck, faults, longestRecoveryMs, steps };
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
