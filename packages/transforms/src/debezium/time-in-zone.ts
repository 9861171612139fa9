import { type DataValue, TandemError, TIMESTAMP } from "@tandem-cdc/core";
import type { TimeZone } from "./time-zone.ts";

/** Units of Debezium's timestamps in a second. */
const UNITS: Readonly<Record<string, bigint>> = {
  "io.debezium.time.Timestamp": 1_000n,
  "io.debezium.time.MicroTimestamp": 1_000_000n,
  "io.debezium.time.NanoTimestamp": 1_000_000_000n,
};

/** A time of the type that a schema names, in the zone; undefined where the type is none that has a date. */
export function inZone(schemaName: string, value: DataValue, zone: TimeZone): DataValue | undefined {
  if (schemaName === "io.debezium.time.ZonedTimestamp") return zonedTimestamp(textOf(value, schemaName), zone);
  if (schemaName === "io.debezium.time.ZonedTime") return zonedTime(textOf(value, schemaName), zone);
  if (schemaName === TIMESTAMP) {
    if (!(value instanceof Date)) throw wrong(schemaName);
    return new Date(value.getTime() - zone.atLocal(value.getTime()) * 1_000);
  }
  const unit = UNITS[schemaName];
  if (unit === undefined) return undefined;
  if (typeof value !== "number" && typeof value !== "bigint") throw wrong(schemaName);
  const ms = Number((BigInt(value) * 1_000n) / unit);
  return safe(BigInt(value) - BigInt(zone.atLocal(ms)) * unit);
}

/** A whole number as a number where it can be one. */
export function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function wrong(schemaName: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `a value is no ${schemaName}`);
}

function textOf(value: DataValue, schemaName: string): string {
  if (typeof value !== "string") throw wrong(schemaName);
  return value;
}

const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{0,9}))?)?`;
const OFFSET = String.raw`(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)`;
const ZONED_TIMESTAMP = new RegExp(String.raw`^([+-]?\d{4,9})-(\d{2})-(\d{2})T${TIME}${OFFSET}$`, "i");
const ZONED_TIME = new RegExp(`^${TIME}${OFFSET}$`, "i");
const DAY_S = 86_400;

function zonedTimestamp(text: string, zone: TimeZone): string {
  const parts = ZONED_TIMESTAMP.exec(text);
  const [, year, month, day, hours, minutes, seconds, fraction, offset = ""] = parts ?? [];
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hours), Number(minutes), Number(seconds ?? 0));
  if (parts === null || local.getUTCDate() !== Number(day) || !isTime(hours, minutes, seconds))
    throw new TandemError("RECORD_MALFORMED", `"${text}" is no time with a zone`);
  const target = zone.atLocal(local.getTime());
  const shown = new Date(local.getTime() + (target - offsetSeconds(offset)) * 1_000);
  const date = shown.toISOString().slice(0, -5);
  return `${date}${fractionText(fraction)}${offsetText(target)}`;
}

function zonedTime(text: string, zone: TimeZone): string {
  const parts = ZONED_TIME.exec(text);
  const [, hours, minutes, seconds, fraction, offset = ""] = parts ?? [];
  if (parts === null || !isTime(hours, minutes, seconds))
    throw new TandemError("RECORD_MALFORMED", `"${text}" is no time with a zone`);
  // A time of no certain day: the zone's offset of today.
  const target = zone.at(Date.now());
  const of = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds ?? 0) + target - offsetSeconds(offset);
  const shown = new Date((((of % DAY_S) + DAY_S) % DAY_S) * 1_000).toISOString().slice(11, 19);
  return `${shown}${fractionText(fraction)}${offsetText(target)}`;
}

function isTime(hours = "0", minutes = "0", seconds = "0"): boolean {
  return Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
}

function offsetSeconds(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const [, hours, minutes, seconds] = /^.(\d{2}):?(\d{2})?:?(\d{2})?$/.exec(text) ?? [];
  const total = Number(hours) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return text.startsWith("-") ? -total : total;
}

function offsetText(offset: number): string {
  if (offset === 0) return "Z";
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const size = Math.abs(offset);
  const seconds = size % 60;
  return `${offset < 0 ? "-" : "+"}${two(size / 3_600)}:${two((size / 60) % 60)}${seconds === 0 ? "" : `:${two(seconds)}`}`;
}

function fractionText(digits = ""): string {
  const significant = digits.replace(/0+$/, "");
  return significant === "" ? "" : `.${significant}`;
}
