// The calendar of Java's dates: Julian before 15 October 1582, Gregorian from then on.

export const DAY_MS = 86_400_000;
/** The first Gregorian day, since 1970. */
const CUTOVER = -141_427;
const CUTOVER_YEAR = 1582;
/** Julian day number of 1 January 1970. */
const EPOCH = 2_440_588;

export interface Civil {
  /** 0 is 1 BC. */
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/** Of a day since 1970. */
export function civilOf(day: number): Civil {
  if (day < CUTOVER) return julianOf(day);
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** The day since 1970. Months and days beyond their ends go on into the next ones. */
export function dayOf({ day, month, year }: Civil): number {
  const years = year + Math.floor(month / 12);
  const months = month - Math.floor(month / 12) * 12;
  if (years < CUTOVER_YEAR) return julianDay(years, months, day);
  const gregorian = gregorianDay(years, months, day);
  return gregorian >= CUTOVER ? gregorian : julianDay(years, months, day);
}

/** Months are counted from March, so that the day that comes and goes is the last of a year. */
function fromMarch(year: number, month: number): { readonly years: number; readonly days: number } {
  const years = year + 4800 - (month < 2 ? 1 : 0);
  const months = (month + 10) % 12;
  return { years, days: Math.floor((153 * months + 2) / 5) + 365 * years + Math.floor(years / 4) };
}

function julianDay(year: number, month: number, day: number): number {
  return day + fromMarch(year, month).days - 32_083 - EPOCH;
}

function gregorianDay(year: number, month: number, day: number): number {
  const { days, years } = fromMarch(year, month);
  return day + days - Math.floor(years / 100) + Math.floor(years / 400) - 32_045 - EPOCH;
}

function julianOf(since1970: number): Civil {
  const days = since1970 + EPOCH + 32_082;
  const years = Math.floor((4 * days + 3) / 1461);
  const ofYear = days - Math.floor((1461 * years) / 4);
  const months = Math.floor((5 * ofYear + 2) / 153);
  return {
    year: years - 4800 + Math.floor(months / 10),
    month: (months + 2) % 12,
    day: ofYear - Math.floor((153 * months + 2) / 5) + 1,
  };
}
