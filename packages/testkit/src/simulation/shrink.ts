import type { HistoryVerdict } from "./history-run.ts";
import { EVERYTHING, type Scope } from "./scope.ts";

/** A history that fails still, with as little in it as could be found. */
export interface Shrunk {
  readonly scope: Scope;
  readonly verdict: HistoryVerdict;
}

/** Histories that one shrinking may take. */
const TRIES = 200;

/**
 * Makes a failing history small: takes away changes, instances, a source and kinds of faults, by the same seed, and keeps what
 * still fails in the same way. What is left is a history of its own, and as reproducible.
 */
export async function shrink(whole: HistoryVerdict, run: (scope: Scope) => Promise<HistoryVerdict>): Promise<Shrunk> {
  let best: Shrunk = { scope: EVERYTHING, verdict: whole };
  let tries = 0;
  const kinds = anomalies(whole);
  const fails = async (scope: Scope): Promise<boolean> => {
    if (tries >= TRIES) return false;
    tries++;
    const verdict = await run(scope).catch(() => null);
    if (verdict === null || ![...anomalies(verdict)].some((kind) => kinds.has(kind))) return false;
    best = { scope, verdict };
    return true;
  };
  // Ends: without tries nothing changes any more.
  for (let before: Shrunk | null = null; before !== best;) {
    before = best;
    for (const transactions of [1, 2, 3, 4, 6, 8, 11])
      if (transactions < (best.scope.transactions ?? Infinity) && (await fails({ ...best.scope, transactions }))) break;
    for (const smaller of [{ instances: 1 }, { instances: 2 }, { sources: 1 }, { partitions: 1 }] as const)
      if (isSmaller(best.scope, smaller)) await fails({ ...best.scope, ...smaller });
    await withoutFaults();
    for (const most of [0, 1, 2, 3, 5, 8, 13])
      if (most < (best.scope.most ?? struck(best.verdict)) && (await fails({ ...best.scope, most }))) break;
  }
  return best;

  /** First halves of the kinds that struck, then each on its own. */
  async function withoutFaults(): Promise<void> {
    const names = (): string[] => [...best.verdict.faults.keys()];
    const without = (gone: readonly string[]): Scope => ({
      ...best.scope,
      without: new Set([...(best.scope.without ?? []), ...gone]),
    });
    const all = names();
    for (const half of [all, all.slice(all.length / 2), all.slice(0, all.length / 2)])
      if (half.length > 0 && (await fails(without(half)))) break;
    for (const name of names()) if (best.verdict.faults.has(name)) await fails(without([name]));
  }
}

function isSmaller(scope: Scope, by: Scope): boolean {
  return (["instances", "sources", "partitions"] as const).some(
    (what) => (by[what] ?? Infinity) < (scope[what] ?? Infinity),
  );
}

function struck({ faults }: HistoryVerdict): number {
  return [...faults.values()].reduce((sum, times) => sum + times, 0);
}

/** In which ways a history failed. */
function anomalies({ audits, failures, stuck }: HistoryVerdict): Set<string> {
  const kinds = ["lost", "duplicated", "reordered", "altered", "aborted", "tombstonesMissing"] as const;
  return new Set([
    ...kinds.filter((kind) => audits.some((verdict) => verdict[kind] > 0)),
    ...failures.map((failure) => failure.replaceAll(/\d+/g, "N").slice(0, 60)),
    ...(stuck ? ["stuck"] : []),
  ]);
}
