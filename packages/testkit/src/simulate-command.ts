import { parseArgs } from "node:util";
import { simulate, type SimulationResult } from "./simulate.ts";
import type { HistoryVerdict } from "./simulation/history-run.ts";
import type { Subject } from "./simulation/site.ts";

export const USAGE: string =
  "simulate --seeds N [--seed S] [--json]: runs N histories from seed S (default 1) on; exit 1 on any anomaly";
const PROGRESS_MS = 2_000;

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

function summary(result: SimulationResult): string {
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
  const faults = Object.entries(result.faults).toSorted(([, a], [, b]) => b - a);
  return [
    `${histories} histories, ${failed} with anomalies; ${input} records in, ${distinct} changes, ${emitted} out`,
    `lost ${lost}, duplicated ${duplicated}, reordered ${reordered}, altered ${altered}, aborted but visible ${aborted}, tombstones missing ${tombstonesMissing}, stuck ${stuck}`,
    `longest recovery ${(result.longestRecoveryMs / 1_000).toFixed(1)} s (virtual time)`,
    `faults: ${faults.map(([name, count]) => `${name} ${count}`).join(", ")}`,
  ].join("\n");
}

export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The command, without the process around it: its exit code is 0, or 1 on any anomaly. Throws TypeError for wrong arguments. */
export async function simulateCommand(
  args: readonly string[],
  { err, out }: Output,
  subject: Subject = {},
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    out(USAGE);
    return 0;
  }
  const seeds = positive(values.seeds, 1_000, "seeds");
  const seed = positive(values.seed, 1, "seed");
  let [done, failed] = [0, 0];
  let shown = Date.now();
  const onHistory = ({ ok }: HistoryVerdict): void => {
    done++;
    if (!ok) failed++;
    if (Date.now() - shown < PROGRESS_MS) return;
    shown = Date.now();
    err(`${done} of ${seeds} histories, ${failed} with anomalies`);
  };
  const result = await simulate({ ...subject, seeds, seed, onHistory });
  const { anomalies, ...counts } = result;
  for (const anomaly of anomalies) err(told(anomaly));
  const failedSeeds = anomalies.map((anomaly) => anomaly.seed);
  out(values.json === true ? JSON.stringify({ ...counts, seed, failedSeeds }) : summary(result));
  return result.ok ? 0 : 1;
}
