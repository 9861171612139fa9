const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, or a text such as `500ms`, `30s`, `15m`, `2h`, `7d`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

export function milliseconds(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, count, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (!(ms >= 0)) throw new TypeError(`"${duration}" is no duration: write 500ms, 30s, 15m, 2h or 7d`);
  return ms;
}
