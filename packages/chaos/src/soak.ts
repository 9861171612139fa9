import type { MemoryLine } from "./fleet.ts";
import type { Fault } from "./schedule.ts";

/** What a soak sets, so that what may grow has its bound early: the table of claims, and the client's leak by a rate. */
export const SOAK = {
  /** Claims in memory: at 500 changes a second a few minutes' worth. */
  maxClaims: 100_000,
  minIntervalMs: 100,
} as const;

/** Bytes that the client loses per lane of a commit, at most: measured. */
const LEAK_BYTES = 164;

/** No fault; one planned restart after three quarters of the time. */
export function soakSchedule(untilMs: number): Fault[] {
  return [{ place: "instances", kind: "rollingRestart", atMs: 0.75 * untilMs, holdMs: 0, pick: 0, way: 0 }];
}

/** What the client may leak in an hour, in MiB. */
export function leakBound(lanes: number): number {
  return ((3_600_000 / SOAK.minIntervalMs) * lanes * LEAK_BYTES) / 2 ** 20;
}

/** How the memory of one life of a process went, after its first tenth of an hour. */
export interface Slope {
  readonly minutes: number;
  readonly fromMb: number;
  readonly toMb: number;
  /** By least squares. */
  readonly mbPerHour: number;
}

const WARM_UP_MINUTES = 6;

/** Slopes of all lives that were long enough; a null ends a life. */
export function slopes(line: MemoryLine, everyMs: number): Slope[] {
  const lives: number[][] = [[]];
  for (const mb of line) {
    if (mb === null) lives.push([]);
    else lives.at(-1)?.push(mb);
  }
  const perMinute = 60_000 / everyMs;
  return lives
    .map((life) => life.slice(WARM_UP_MINUTES * perMinute))
    .filter((life) => life.length >= perMinute)
    .map((life) => ({
      minutes: Math.round(life.length / perMinute),
      fromMb: Math.min(...life),
      toMb: Math.max(...life),
      mbPerHour: leastSquares(life) * 60 * perMinute,
    }));
}

/** Growth per sample. */
function leastSquares(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [i, value] of values.entries()) {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  }
  return above / below;
}
