import { DATE, type DataValue, Decimal, type Schema, TandemError, TIME, TIMESTAMP } from "@tandem-cdc/core";
import { valueText } from "../header-text.ts";
import { kindOf } from "./value-of.ts";

// Java's conversions between its kinds of numbers, booleans and texts.

export const CAST_TYPES = [
  "int8",
  "int16",
  "int32",
  "int64",
  "float32",
  "float64",
  "boolean",
  "string",
] as const satisfies readonly Schema["type"][];
export type CastType = (typeof CAST_TYPES)[number];

const BITS = { int8: 8, int16: 16, int32: 32, int64: 64 } as const;
const DAY_MS = 86_400_000;

/** The value as another type; null stays null. Throws where there is no such conversion, or the text is out of range. */
export function castValue(schema: Schema | null, value: DataValue, type: CastType): DataValue {
  if (value === null) return null;
  requireCastable(schema, value, type);
  if (type === "string") return valueText(value, schema);
  const from = value instanceof Date ? storedDate(schema, value) : value;
  if (type === "float32") return Math.fround(float(schema, from, type));
  if (type === "float64") return float(schema, from, type);
  if (type === "boolean") return boolean(schema, from);
  return integer(schema, from, BITS[type]);
}

const NOT_CASTABLE: readonly Schema["type"][] = ["array", "map", "struct"];

function requireCastable(schema: Schema | null, value: DataValue, type: CastType): void {
  const flat =
    typeof value !== "object" || value instanceof Uint8Array || value instanceof Date || value instanceof Decimal;
  if (!flat || (schema !== null && NOT_CASTABLE.includes(schema.type))) throw noCast(value, type);
}

function noCast(value: DataValue, type: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `${kindOf(value)} cannot be cast to ${type}`);
}

/** The number by which a date is stored. */
function storedDate(schema: Schema | null, date: Date): number {
  const ms = date.getTime();
  if (schema?.name === TIMESTAMP) return ms;
  if (schema?.name === DATE && ms % DAY_MS === 0) return ms / DAY_MS;
  if (schema?.name === TIME && ms >= 0 && ms <= DAY_MS) return ms;
  throw new TandemError("RECORD_MALFORMED", `${date.toISOString()} is no value of ${schema?.name ?? "a type"}`);
}

/** Whether the number is one of Java's floats or doubles. Without a schema, those with a fraction are. */
function isFloat(schema: Schema | null, value: number): boolean {
  return schema === null ? !Number.isInteger(value) : schema.type === "float32" || schema.type === "float64";
}

function number(schema: Schema | null, value: number): number {
  return schema?.type === "float32" ? Math.fround(value) : value;
}

function integer(schema: Schema | null, value: DataValue, bits: number): DataValue {
  if (typeof value === "number")
    return isFloat(schema, value) ? truncated(number(schema, value), bits) : lowBits(value, bits);
  if (typeof value === "bigint") return lowBits(value, bits);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return parsed(value, bits);
  if (value instanceof Decimal) return lowBits(wholePart(value), bits);
  throw noCast(value, `int${bits}`);
}

/** A floating point number stays within 32 or 64 bits; what is narrower gets the low ones of 32. */
function truncated(value: number, bits: number): DataValue {
  if (Number.isNaN(value)) return 0;
  if (bits === 64) {
    if (Number.isSafeInteger(Math.trunc(value))) return Math.trunc(value) + 0;
    return value > 0
      ? safe(value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value))
      : safe(value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value));
  }
  return lowBits(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value))) + 0, bits);
}

function lowBits(value: number | bigint, bits: number): DataValue {
  if (typeof value === "number" && (bits === 64 || Math.abs(value) < 2 ** (bits - 1))) return value;
  return safe(BigInt.asIntN(bits, BigInt(value)));
}

function safe(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

function wholePart({ scale, unscaled }: Decimal): bigint {
  return scale < 0 ? unscaled * 10n ** BigInt(-scale) : unscaled / 10n ** BigInt(scale);
}

const INTEGER = /^[+-]?\d+$/;

function parsed(text: string, bits: number): DataValue {
  // 64 bits have 19 digits; zeros may come before them.
  if (INTEGER.test(text) && text.length < 400) {
    const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
    if (BigInt.asIntN(bits, value) === value) return safe(value);
  }
  throw new TandemError("RECORD_MALFORMED", `"${shortened(text)}" is no int${bits}`);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const FLOAT = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;

function float(schema: Schema | null, value: DataValue, type: string): number {
  if (typeof value === "number") return number(schema, value);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return parsedFloat(value.trim(), type);
  if (value instanceof Decimal) return Number(`${value.unscaled}e${-value.scale}`);
  throw noCast(value, type);
}

function parsedFloat(text: string, type: string): number {
  if (!FLOAT.test(text)) throw new TandemError("RECORD_MALFORMED", `"${shortened(text)}" is no ${type}`);
  return text.endsWith("NaN") ? NaN : Number(text.replace(/[fFdD]$/, ""));
}

function boolean(schema: Schema | null, value: DataValue): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value.toLowerCase() === "true";
  return integer(schema, value, 64) !== 0;
}
