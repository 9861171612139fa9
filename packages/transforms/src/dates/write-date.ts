import { type Civil, civilOf, DAY_MS, dayOf } from "./calendar.ts";
import { ERAS, HALVES, MONTHS, short, WEEKDAYS } from "./date-names.ts";
import type { Part } from "./date-pattern.ts";

interface Moment extends Civil {
  /** Since 1970. */
  readonly days: number;
  readonly msOfDay: number;
}

type Write = (moment: Moment) => string;

/** What writes moments (milliseconds since 1970) as the parts of a pattern say, in UTC and in English. */
export function dateWriter(parts: readonly Part[]): (ms: number) => string {
  const writes = parts.map((part) => (typeof part === "string" ? () => part : writerOf(part.letter, part.count)));
  return (ms) => {
    const days = Math.floor(ms / DAY_MS);
    const { day, month, year } = civilOf(days);
    const moment: Moment = { days, msOfDay: ms - days * DAY_MS, year, month, day };
    let text = "";
    for (const write of writes) text += write(moment);
    return text;
  };
}

function padded(count: number, number: Write | ((moment: Moment) => number)): Write {
  return (moment) => String(number(moment)).padStart(count, "0");
}

function yearWriter(count: number, year: (moment: Moment) => number): Write {
  return count === 2 ? (moment) => String(year(moment) % 100).padStart(2, "0") : padded(count, year);
}

function writerOf(letter: string, count: number): Write {
  switch (letter) {
    case "G":
      return ({ year }) => ERAS[year > 0 ? 1 : 0] ?? "";
    case "y":
      return yearWriter(count, yearOfEra);
    case "Y":
      return yearWriter(count, weekYear);
    case "M":
    case "L":
      if (count >= 4) return ({ month }) => MONTHS[month] ?? "";
      return count === 3 ? ({ month }) => short(MONTHS[month] ?? "") : padded(count, ({ month }) => month + 1);
    case "d":
      return padded(count, ({ day }) => day);
    case "D":
      return padded(count, ({ days, year }) => days - dayOf({ year, month: 0, day: 1 }) + 1);
    case "E":
      return (moment) => {
        const name = WEEKDAYS[weekday(moment)] ?? "";
        return count >= 4 ? name : short(name);
      };
    case "u":
      return padded(count, (moment) => weekday(moment) || 7);
    case "a":
      return (moment) => HALVES[hour(moment) < 12 ? 0 : 1] ?? "";
    case "H":
      return padded(count, hour);
    case "k":
      return padded(count, (moment) => hour(moment) || 24);
    case "K":
      return padded(count, (moment) => hour(moment) % 12);
    case "h":
      return padded(count, (moment) => hour(moment) % 12 || 12);
    case "m":
      return padded(count, ({ msOfDay }) => Math.floor(msOfDay / 60_000) % 60);
    case "s":
      return padded(count, ({ msOfDay }) => Math.floor(msOfDay / 1000) % 60);
    case "S":
      return padded(count, ({ msOfDay }) => msOfDay % 1000);
    case "z":
      return () => (count >= 4 ? "Coordinated Universal Time" : "UTC");
    case "Z":
      return () => "+0000";
    default:
      return () => "Z";
  }
}

function yearOfEra({ year }: Civil): number {
  return year > 0 ? year : 1 - year;
}

/** The year that a week belongs to, as in the United States: it begins on a Sunday, and that with 1 January is the first. */
function weekYear(moment: Moment): number {
  const saturday = civilOf(moment.days + 6 - weekday(moment));
  return yearOfEra(saturday);
}

function hour({ msOfDay }: Moment): number {
  return Math.floor(msOfDay / 3_600_000);
}

/** The first of January 1970 was a Thursday. */
function weekday({ days }: Moment): number {
  return (((days + 4) % 7) + 7) % 7;
}
