const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly (readonly [number, string])[] = [
  [15 * MINUTE, "15m"],
  [HOUR, "1h"],
  [2 * HOUR, "2h"],
  [6 * HOUR, "6h"],
  [12 * HOUR, "12h"],
  [DAY, "1d"],
  [2 * DAY, "2d"],
  [3 * DAY, "3d"],
  [7 * DAY, "7d"],
  [14 * DAY, "14d"],
  [30 * DAY, "30d"],
];

/** The least `dedup.horizon` for copies that come so late: half as much again, rounded up. */
export function horizonFor(latestMs: number): { readonly ms: number; readonly text: string } {
  const needed = latestMs * 1.5;
  const [ms, text] = STEPS.find(([step]) => step >= needed) ?? [
    Math.ceil(needed / DAY) * DAY,
    `${Math.ceil(needed / DAY)}d`,
  ];
  return { ms, text };
}

/** A duration as people say it. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 2 * HOUR) return `${(ms / MINUTE).toFixed(1)} min`;
  if (ms < 2 * DAY) return `${(ms / HOUR).toFixed(1)} h`;
  return `${(ms / DAY).toFixed(1)} days`;
}
