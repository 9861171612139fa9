import { DATE, type DataValue, type Schema, TandemError, TIME, TIMESTAMP } from "@tandem-cdc/core";
import { DAY_MS } from "../dates/calendar.ts";
import type { DateFormat } from "../dates/date-format.ts";
import { kindOf } from "./value-of.ts";

export const TARGETS = ["string", "unix", "Date", "Time", "Timestamp"] as const;
export type TimestampType = (typeof TARGETS)[number];
export const PRECISIONS = ["seconds", "milliseconds", "microseconds", "nanoseconds"] as const;
export type Precision = (typeof PRECISIONS)[number];

const SCHEMAS: Readonly<Record<TimestampType, readonly [required: Schema, optional: Schema]>> = {
  string: both({ type: "string" }),
  unix: both({ type: "int64" }),
  Date: both({ type: "int32", name: DATE, version: 1 }),
  Time: both({ type: "int32", name: TIME, version: 1 }),
  Timestamp: both({ type: "int64", name: TIMESTAMP, version: 1 }),
};

function both(schema: Omit<Schema, "optional">): readonly [Schema, Schema] {
  return [
    { ...schema, optional: false },
    { ...schema, optional: true },
  ];
}

export function schemaOf(type: TimestampType, optional: boolean): Schema {
  return SCHEMAS[type][optional ? 1 : 0];
}

/** What timestamps of a schema are. */
export function typeOf({ name, type }: Schema): TimestampType {
  if (name === TIMESTAMP) return "Timestamp";
  if (name === DATE) return "Date";
  if (name === TIME) return "Time";
  if (type === "string") return "string";
  if (type === "int64") return "unix";
  throw new TandemError("RECORD_MALFORMED", `${name ?? type} is no type of timestamps that is known`);
}

/** Without a schema a value speaks for itself. */
function typeOfValue(value: DataValue): TimestampType {
  if (value instanceof Date) return "Timestamp";
  if (typeof value === "string") return "string";
  if (typeof value === "bigint" || Number.isInteger(value)) return "unix";
  throw new TandemError("RECORD_MALFORMED", `${kindOf(value)} is no timestamp`);
}

/** Converts timestamps; null stays null. */
export function timestamps(
  target: TimestampType,
  precision: Precision,
  format: DateFormat | undefined,
): (value: DataValue, from: TimestampType | undefined) => DataValue {
  return (value, from) => (value === null ? null : written(read(value, from ?? typeOfValue(value))));

  function read(value: DataValue, from: TimestampType): number {
    if (from === "string" && typeof value === "string") {
      if (format === undefined)
        throw new TandemError(
          "RECORD_MALFORMED",
          `the timestamp "${value}" is text: the option "format" has to say how to read it`,
        );
      return format.read(value);
    }
    if (from === "unix" && (typeof value === "number" || typeof value === "bigint")) return msOf(value, precision);
    if (value instanceof Date) return value.getTime();
    throw new TandemError("RECORD_MALFORMED", `${kindOf(value)} is no timestamp of type ${from}`);
  }

  function written(ms: number): DataValue {
    if (target === "string") return format?.write(ms) ?? "";
    if (target === "unix") return unixOf(ms, precision);
    const day = Math.floor(ms / DAY_MS) * DAY_MS;
    return new Date(target === "Date" ? day : target === "Time" ? ms - day : ms);
  }
}

/** The last moment that JavaScript has, before and after 1970. */
const LAST_MS = 8.64e15;

/** Fractions of a millisecond are cut off. */
function msOf(time: number | bigint, precision: Precision): number {
  const ms = milliseconds(time, precision);
  if (Math.abs(ms) > LAST_MS) throw new TandemError("RECORD_MALFORMED", `${time} ${precision} are out of range`);
  return ms;
}

const PER_MS: Readonly<Partial<Record<Precision, number>>> = { microseconds: 1000, nanoseconds: 1_000_000 };

function milliseconds(time: number | bigint, precision: Precision): number {
  if (precision === "seconds") return Number(time) * 1000;
  const unit = PER_MS[precision] ?? 1;
  return typeof time === "bigint" ? Number(time / BigInt(unit)) : (time - (time % unit)) / unit + 0;
}

const LAST_LONG = 2n ** 63n - 1n;

function unixOf(ms: number, precision: Precision): number | bigint {
  if (precision === "milliseconds") return ms;
  if (precision === "seconds") return Math.trunc(ms / 1000) + 0;
  const unit = PER_MS[precision] ?? 1;
  const time = ms * unit;
  if (Number.isSafeInteger(time)) return time;
  const exact = BigInt(ms) * BigInt(unit);
  if (exact > LAST_LONG) return LAST_LONG;
  return exact < -LAST_LONG ? -LAST_LONG - 1n : exact;
}
