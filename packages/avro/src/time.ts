/** Numbers of days and of fractions of a second as ISO 8601, exactly, for every 64-bit value. */

const DAY_S = 86_400n;

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

const padded = (value: bigint, width: number): string => value.toString().padStart(width, "0");

/** Days since 1970-01-01, in the proleptic Gregorian calendar (as java.time has it). */
export function date(days: bigint): string {
  // The year begins in March here, so that the leap day is its last; 400 years are an era of 146,097 days.
  const shifted = days + 719_468n;
  const era = floorDiv(shifted, 146_097n);
  const day = shifted - era * 146_097n;
  const yearOfEra = (day - day / 1_460n + day / 36_524n - day / 146_096n) / 365n;
  const dayOfYear = day - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const march = (5n * dayOfYear + 2n) / 153n;
  const month = march < 10n ? march + 3n : march - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  return `${isoYear(year)}-${padded(month, 2)}-${padded(dayOfYear - (153n * march + 2n) / 5n + 1n, 2)}`;
}

function isoYear(year: bigint): string {
  if (year >= 0n && year <= 9_999n) return padded(year, 4);
  return year < 0n ? `-${padded(-year, 6)}` : `+${padded(year, 6)}`;
}

/** Units (10^-digits seconds) since midnight. Negative, and beyond 24 hours, where the database's type is a duration. */
export function localTime(units: bigint, digits: 3 | 6 | 9): string {
  const unit = 10n ** BigInt(digits);
  const size = units < 0n ? -units : units;
  const seconds = size / unit;
  const clock = [seconds / 3_600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => padded(part, 2)).join(":");
  return `${units < 0n ? "-" : ""}${clock}.${padded(size % unit, digits)}`;
}

/** Units (10^-digits seconds) since the epoch, as a date and time without a zone. */
export function timestamp(units: bigint, digits: 3 | 6 | 9): string {
  const unit = 10n ** BigInt(digits);
  const day = floorDiv(units, DAY_S * unit);
  return `${date(day)}T${localTime(units - day * DAY_S * unit, digits)}`;
}

export function duration(units: bigint, digits: 6 | 9): string {
  const unit = 10n ** BigInt(digits);
  const size = units < 0n ? -units : units;
  return `${units < 0n ? "-" : ""}PT${size / unit}.${padded(size % unit, digits)}S`;
}
