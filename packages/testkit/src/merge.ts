import { readFileSync } from "node:fs";
import { type SimulationResult, sum } from "./simulate.ts";

/** What a run found, as `--json` writes it. */
export interface Found extends Omit<SimulationResult, "anomalies"> {
  readonly seed: number;
  readonly seconds: number;
  readonly failedSeeds: readonly number[];
}

/** What several runs found, as if it had been one. Throws TypeError where they are not all seeds from the first to the last. */
export function merge(files: readonly string[]): Found {
  const runs = files.map((file) => ({ file, run: foundIn(file) })).toSorted((a, b) => a.run.seed - b.run.seed);
  const [first] = runs;
  if (first === undefined) throw new TypeError("--merge wants the files that --json wrote");
  let next = first.run.seed;
  for (const { file, run } of runs) {
    if (run.seed > next)
      throw new TypeError(`${file} begins at seed ${run.seed}: seeds ${next} to ${run.seed - 1} are missing`);
    if (run.seed < next) throw new TypeError(`${file} begins at seed ${run.seed}: it is in another file already`);
    next += run.histories;
  }
  const { anomalies: _, ...counts } = sum(...runs.map(({ run }) => ({ ...run, anomalies: [] })));
  return {
    ...counts,
    seed: first.run.seed,
    seconds: runs.reduce((total, { run }) => total + run.seconds, 0),
    failedSeeds: runs.flatMap(({ run }) => run.failedSeeds),
  };
}

function foundIn(file: string): Found {
  let found: Partial<Found> | null = null;
  try {
    found = JSON.parse(readFileSync(file, "utf8")) as Partial<Found> | null;
  } catch (cause) {
    throw new TypeError(`${file} cannot be read, or is not JSON: --merge wants the files that --json wrote`, { cause });
  }
  const { coverage, failedSeeds, histories, seconds, seed } = found ?? {};
  if (![seed, histories, seconds].every(Number.isFinite) || coverage === undefined || failedSeeds === undefined)
    throw new TypeError(`${file} is not what --json wrote`);
  return found as Found;
}
