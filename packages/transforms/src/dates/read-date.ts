import { TandemError } from "@tandem-cdc/core";
import { DAY_MS, dayOf } from "./calendar.ts";
import { ERAS, HALVES, MONTHS, short, WEEKDAYS } from "./date-names.ts";
import type { Part } from "./date-pattern.ts";

/** What a text said. What it did not say is that of the first moment of 1970. */
interface Said {
  year: number;
  /** Written with two digits, that of the year 80 years ago: it is this year or the one 100 years later. */
  doubtful: boolean;
  bc: boolean;
  month: number;
  day: number | undefined;
  dayOfYear: number | undefined;
  weekday: boolean;
  hours: Hours;
  minutes: number;
  seconds: number;
  ms: number;
  offsetMinutes: number;
}

/** The last of the 24 hours, or of the 12 with their half of the day, counts. */
interface Hours {
  readonly ofDay?: number;
  readonly ofHalf?: number;
  readonly half?: number;
  /** Which came last, where there is all of it. */
  readonly byHalf: boolean;
}

/** Where in a text the next part begins; undefined where a part is not what it has to be. */
type At = number | undefined;
type Read = (text: string, at: number, said: Said) => At;

const SHORT_MONTHS = MONTHS.map(short);
const MONTH_NAMES = named([MONTHS, SHORT_MONTHS]);
const WEEKDAY_NAMES = named([WEEKDAYS, WEEKDAYS.map(short)]);
const ERA_NAMES = named([ERAS]);
const HALF_NAMES = named([HALVES]);

/**
 * What reads moments as Java's SimpleDateFormat does: leniently (the 32nd is the first of the next month), and without a
 * look at what follows. Throws a `TandemError` on text that does not fit.
 */
export function dateReader(pattern: string, parts: readonly Part[]): (text: string) => number {
  const now = new Date();
  const from = now.setUTCFullYear(now.getUTCFullYear() - 80);
  const reads = parts.map((part, i) =>
    typeof part === "string" ? literal(part) : readerOf(part.letter, part.count, digitsFollow(parts[i + 1]), from),
  );
  return (text) => {
    const said: Said = nothing();
    let at: At = 0;
    for (const read of reads) {
      at = read(text, at, said);
      if (at === undefined)
        throw new TandemError("RECORD_MALFORMED", `"${text}" is no date as the pattern "${pattern}" has it`);
    }
    const ms = momentOf(said, pattern);
    return said.doubtful && ms < from ? momentOf({ ...said, year: said.year + 100 }, pattern) : ms;
  };
}

function nothing(): Said {
  return {
    year: 1970,
    doubtful: false,
    bc: false,
    month: 0,
    day: undefined,
    dayOfYear: undefined,
    weekday: false,
    hours: { byHalf: false },
    minutes: 0,
    seconds: 0,
    ms: 0,
    offsetMinutes: 0,
  };
}

function momentOf(said: Said, pattern: string): number {
  if (said.weekday && said.day === undefined && said.dayOfYear === undefined)
    throw new TandemError(
      "RECORD_MALFORMED",
      `the pattern "${pattern}" tells dates by their weekday alone, which is not read here`,
    );
  const year = said.bc ? 1 - said.year : said.year;
  const day =
    said.dayOfYear === undefined
      ? dayOf({ year, month: said.month, day: said.day ?? 1 })
      : dayOf({ year, month: 0, day: said.dayOfYear });
  const minutes = hoursOf(said.hours) * 60 + said.minutes - said.offsetMinutes;
  const ms = day * DAY_MS + minutes * 60_000 + said.seconds * 1000 + said.ms;
  if (Math.abs(ms) > 8.64e15) throw new TandemError("RECORD_MALFORMED", `the year ${year} is out of range`);
  return ms;
}

function hoursOf({ byHalf, half, ofDay, ofHalf }: Hours): number {
  const complete = half !== undefined && ofHalf !== undefined;
  if (ofDay !== undefined && !(complete && byHalf)) return ofDay;
  return (ofHalf ?? 0) + 12 * (half ?? 0);
}

function literal(expected: string): Read {
  return (text, at) => (text.startsWith(expected, at) ? at + expected.length : undefined);
}

/** Then a number ends after as many digits as its field has letters. */
function digitsFollow(next: Part | undefined): boolean {
  if (next === undefined || typeof next === "string") return false;
  return "ML".includes(next.letter) ? next.count <= 2 : "ydkHmsSDhKu".includes(next.letter);
}

function readerOf(letter: string, count: number, exact: boolean, from: number): Read {
  const number = (set: (said: Said, value: number) => void): Read =>
    numberReader(exact ? count : undefined, (said, value) => set(said, value));
  switch (letter) {
    case "Y":
      return () => {
        throw new TandemError("RECORD_MALFORMED", 'dates are not read by "Y", the year of the week: "y" is the year');
      };
    case "G":
      return name(ERA_NAMES, (said, era) => (said.bc = era === 0));
    case "y":
      return numberReader(exact ? count : undefined, (said, value, written) => {
        const century = count <= 2 && /^\d\d$/.test(written);
        const first = new Date(from).getUTCFullYear();
        said.year = century ? first - (first % 100) + value + (value < first % 100 ? 100 : 0) : value;
        said.doubtful = century && value === first % 100;
      });
    case "M":
    case "L":
      return count <= 2
        ? number((said, value) => (said.month = value - 1))
        : name(MONTH_NAMES, (said, month) => (said.month = month));
    case "d":
      return number((said, value) => {
        said.day = value;
        said.dayOfYear = undefined;
      });
    case "D":
      return number((said, value) => (said.dayOfYear = value));
    case "E":
      return name(WEEKDAY_NAMES, (said) => (said.weekday = true));
    case "u":
      return number((said) => (said.weekday = true));
    case "a":
      return name(HALF_NAMES, (said, half) => (said.hours = { ...said.hours, half, byHalf: true }));
    case "H":
    case "k":
      return number((said, value) => {
        said.hours = { ...said.hours, ofDay: letter === "k" && value === 24 ? 0 : value, byHalf: false };
      });
    case "K":
    case "h":
      return number((said, value) => {
        said.hours = { ...said.hours, ofHalf: letter === "h" && value === 12 ? 0 : value, byHalf: true };
      });
    case "m":
      return number((said, value) => (said.minutes = value));
    case "s":
      return number((said, value) => (said.seconds = value));
    case "S":
      return number((said, value) => (said.ms = value));
    case "X":
      return after(isoZone(count));
    default:
      return after(zone);
  }
}

/** Blanks before a field count for nothing, but there has to be a field. */
function beginning(text: string, at: number): At {
  let start = at;
  while (text[start] === " " || text[start] === "\t") start++;
  return start < text.length ? start : undefined;
}

function after(read: Read): Read {
  return (text, at, said) => {
    const start = beginning(text, at);
    return start === undefined ? undefined : read(text, start, said);
  };
}

function numberReader(digits: number | undefined, set: (said: Said, value: number, written: string) => void): Read {
  return (text, at, said) => {
    const start = beginning(text, at);
    if (start === undefined || (digits !== undefined && at + digits > text.length)) return undefined;
    const end = digits === undefined ? text.length : at + digits;
    let to = start < end && text[start] === "-" ? start + 1 : start;
    const first = to;
    while (to < end && isDigit(text.charCodeAt(to))) to++;
    if (to === first) return undefined;
    const written = text.slice(start, to);
    set(said, intOf(written), written);
    return to;
  };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Java's `intValue`: of a long its last 32 bits, of what is larger the largest. */
function intOf(written: string): number {
  const value = Number(written);
  if (Math.abs(value) < 2 ** 31) return value;
  const whole = BigInt(written);
  if (BigInt.asIntN(64, whole) !== whole) return whole < 0n ? -(2 ** 31) : 2 ** 31 - 1;
  return Number(BigInt.asIntN(32, whole));
}

interface Name {
  readonly text: string;
  readonly value: number;
}

/** The longest first. */
function named(lists: readonly (readonly string[])[]): readonly Name[] {
  return lists
    .flatMap((list) => list.map((text, value) => ({ text: text.toLowerCase(), value })))
    .toSorted((a, b) => b.text.length - a.text.length);
}

function name(names: readonly Name[], set: (said: Said, value: number) => void): Read {
  return (text, at, said) => {
    const rest = text.slice(at, at + 16).toLowerCase();
    const found = names.find((each) => rest.startsWith(each.text));
    if (found === undefined) return undefined;
    set(said, found.value);
    return at + found.text.length;
  };
}

const ZONE_NAMES = ["Coordinated Universal Time", "UTC"];

/** `+0100`, `GMT+1:00`, or a name of UTC. */
function zone(text: string, at: number, said: Said): At {
  if (isSign(text[at])) return offset(/^[+-](\d\d)(\d\d)/, text, at, said);
  if (text.slice(at, at + 3).toUpperCase() === "GMT")
    return isSign(text[at + 3]) ? offset(/^[+-](\d\d?):(\d\d)/, text, at + 3, said) : utc(at + 3, said);
  for (const each of ZONE_NAMES)
    if (text.slice(at, at + each.length).toUpperCase() === each.toUpperCase()) return utc(at + each.length, said);
  if (/^[A-Za-z]{3}/.test(text.slice(at)))
    throw new TandemError("RECORD_MALFORMED", `"${text}" names a time zone: only UTC, GMT and offsets are read here`);
  return undefined;
}

const ISO_OFFSETS = [/^[+-](\d\d)/, /^[+-](\d\d)(\d\d)/, /^[+-](\d\d):(\d\d)/] as const;

function isoZone(count: number): Read {
  const written = ISO_OFFSETS[count - 1] ?? ISO_OFFSETS[2];
  return (text, at, said) => (text[at] === "Z" ? utc(at + 1, said) : offset(written, text, at, said));
}

function isSign(char: string | undefined): boolean {
  return char === "+" || char === "-";
}

function utc(at: number, said: Said): At {
  said.offsetMinutes = 0;
  return at;
}

function offset(written: RegExp, text: string, at: number, said: Said): At {
  const [all = "", hours = "0", minutes = "0"] = written.exec(text.slice(at, at + 6)) ?? [];
  if (all === "" || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  said.offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (all.startsWith("-") ? -1 : 1);
  return at + all.length;
}
