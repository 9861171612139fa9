import { TandemError } from "@tandem-cdc/core";

/** Offsets from UTC, in seconds. */
export interface TimeZone {
  /** At a moment. */
  at(ms: number): number;
  /**
   * Where the clocks show a time. Of an hour that they show twice it is the first one; one that they skip counts as before
   * the change.
   */
  atLocal(localMs: number): number;
}

const FIXED = /^([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/;
const DAY_MS = 86_400_000;
const LONGEST_S = 18 * 3_600;

/** `America/Los_Angeles`, or an offset such as `+08:00`. */
export function timeZone(name: string): TimeZone {
  const fixed = FIXED.exec(name);
  if (fixed !== null) {
    const [, sign, hours = 0, minutes = 0, seconds = 0] = fixed;
    const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    if (offset > LONGEST_S || Number(minutes) > 59 || Number(seconds) > 59) throw unknown(name);
    const signed = sign === "-" ? -offset : offset;
    return { at: () => signed, atLocal: () => signed };
  }
  const at = offsets(name);
  return {
    at,
    atLocal(local) {
      const [before, after] = [at(local - DAY_MS), at(local + DAY_MS)];
      const holds = (offset: number): boolean => at(local - offset * 1_000) === offset;
      return holds(before) || !holds(after) ? before : after;
    },
  };
}

function unknown(name: string): TandemError {
  return new TandemError(
    "CONFIG_INVALID",
    `"${name}" is no time zone: give one such as America/Los_Angeles, or an offset such as +08:00`,
  );
}

function offsets(name: string): (ms: number) => number {
  if (!/^[A-Z]/.test(name)) throw unknown(name);
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    throw unknown(name);
  }
  return (ms) => {
    const whole = Math.floor(ms / 1_000) * 1_000;
    const parts = new Map(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const of = (part: Intl.DateTimeFormatPartTypes): number => parts.get(part) ?? 0;
    const local = new Date(0);
    local.setUTCFullYear(of("year"), of("month") - 1, of("day"));
    local.setUTCHours(of("hour"), of("minute"), of("second"));
    return (local.getTime() - whole) / 1_000;
  };
}
