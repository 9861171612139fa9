#!/usr/bin/env node
import { parseArgs } from "node:util";
import { simulate, type SimulationResult } from "./simulate.ts";
import type { HistoryVerdict } from "./simulation/history-run.ts";

const USAGE =
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const seeds = positive(values.seeds, 1_000, "seeds");
  const seed = positive(values.seed, 1, "seed");
  let [done, failed] = [0, 0];
  let shown = Date.now();
  const result = await simulate({
    seeds,
    seed,
    onHistory: ({ ok }) => {
      done++;
      if (!ok) failed++;
      if (Date.now() - shown < PROGRESS_MS) return;
      shown = Date.now();
      console.error(`${done} of ${seeds} histories, ${failed} with anomalies`);
    },
  });
  for (const anomaly of result.anomalies) console.error(told(anomaly));
  const { anomalies, ...counts } = result;
  console.log(
    values.json === true
      ? JSON.stringify({ ...counts, seed, failedSeeds: anomalies.map((anomaly) => anomaly.seed) })
      : summary(result),
  );
  return result.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  console.error(USAGE);
  process.exitCode = 2;
}
