import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Found, merge } from "./merge.ts";
import { record } from "./record.ts";
import { simulate, type SimulationResult } from "./simulate.ts";
import { simulateOnCores } from "./simulate-on-cores.ts";
import { coverageRows } from "./simulation/coverage.ts";
import type { HistoryVerdict } from "./simulation/history-run.ts";
import type { Subject } from "./simulation/site.ts";

export const USAGE: string =
  "simulate --seeds N [--seed S] [--workers W] [--json] [--record FILE]: runs N histories from seed S (default 1) on, on W threads (default: one per core); exit 1 on any anomaly; --record writes what was found as a section of a Markdown file; --merge FILE...: runs nothing, and takes together what earlier runs wrote with --json, so that a long run may be cut into slices";
const PROGRESS_MS = 10_000;

function positive(text: string | undefined, otherwise: number, what: string): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`--${what} has to be a whole number above 0, not "${text}"`);
  return value;
}

function told({ audits, failures, seed, story, stuck }: HistoryVerdict): string {
  const found = [
    ...audits.flatMap(({ examples }) => examples),
    ...failures,
    ...(stuck ? ["the stream did not move on after the last fault"] : []),
  ];
  return [`seed ${seed}: ${found.join("; ")}`, ...story, `again: npm run simulate -- --seed ${seed} --seeds 1`].join(
    "\n",
  );
}

function summary(result: Found): string {
  const {
    altered,
    aborted,
    distinct,
    duplicated,
    emitted,
    failed,
    histories,
    input,
    lost,
    reordered,
    stuck,
    tombstonesMissing,
  } = result;
  return [
    `${histories} histories, ${failed} with anomalies; ${input} records in, ${distinct} changes, ${emitted} out`,
    `lost ${lost}, duplicated ${duplicated}, reordered ${reordered}, altered ${altered}, aborted but visible ${aborted}, tombstones missing ${tombstonesMissing}, stuck ${stuck}`,
    `longest recovery ${(result.longestRecoveryMs / 1_000).toFixed(1)} s (virtual time)`,
    "",
    "how often each fault struck, and what was under way then:",
    ...table(result),
  ].join("\n");
}

/** Aligned columns. */
function table({ coverage, faults }: Found): readonly string[] {
  const rows = coverageRows(coverage).map((row, i) =>
    row.toSpliced(1, 0, i === 0 ? "times" : String(faults[row[0] ?? ""] ?? 0)),
  );
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * The command, without the process around it: its exit code is 0, or 1 on any anomaly. Throws TypeError for wrong arguments.
 * `subject`: what to run in place of this repository's own pipeline, on this thread.
 */
export async function simulateCommand(
  args: readonly string[],
  { err, out }: Output,
  subject?: Subject,
): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: args.includes("--merge"),
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      json: { type: "boolean" },
      record: { type: "string" },
      merge: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    out(USAGE);
    return 0;
  }
  const found = values.merge === true ? merge(positionals) : await run(values, err, subject);
  if (values.record !== undefined) record(values.record, found);
  out(values.json === true ? JSON.stringify(found) : summary(found));
  return found.ok ? 0 : 1;
}

interface Wanted {
  readonly seeds?: string | undefined;
  readonly seed?: string | undefined;
  readonly workers?: string | undefined;
}

async function run(wanted: Wanted, err: Output["err"], subject?: Subject): Promise<Found> {
  const seeds = positive(wanted.seeds, 1_000, "seeds");
  const seed = positive(wanted.seed, 1, "seed");
  const workers = positive(wanted.workers, availableParallelism(), "workers");
  const began = performance.now();
  let shown = began;
  const onProgress = ({ failed, histories }: Pick<SimulationResult, "failed" | "histories">): void => {
    const now = performance.now();
    if (now - shown < PROGRESS_MS) return;
    shown = now;
    const pace = (histories * 1_000) / (now - began);
    err(
      `${histories} of ${seeds} histories, ${failed} with anomalies; ${pace.toFixed(0)} a second, ${Math.ceil((seeds - histories) / pace)} s to go`,
    );
  };
  const result =
    subject === undefined && workers > 1 && seeds > 1
      ? await simulateOnCores({ seed, seeds, workers, onProgress })
      : await onOneThread({ ...subject, seed, seeds }, onProgress);
  const { anomalies, ...counts } = result;
  for (const anomaly of anomalies) err(told(anomaly));
  const failedSeeds = anomalies.map((anomaly) => anomaly.seed);
  return { ...counts, seed, seconds: Math.round(performance.now() - began) / 1_000, failedSeeds };
}

function onOneThread(
  options: Subject & { readonly seed: number; readonly seeds: number },
  onProgress: (sofar: Pick<SimulationResult, "failed" | "histories">) => void,
): Promise<SimulationResult> {
  let [histories, failed] = [0, 0];
  return simulate({
    ...options,
    onHistory: ({ ok }) => {
      histories++;
      if (!ok) failed++;
      onProgress({ histories, failed });
    },
  });
}
