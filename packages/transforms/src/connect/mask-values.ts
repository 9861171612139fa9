import { type DataValue, Decimal, type Schema, TandemError } from "@tandem-cdc/core";
import { decimalOf, rescaled, truncated } from "./decimals.ts";
import { kindOf } from "./value-of.ts";

const EPOCH = new Date(0);
const BITS: Partial<Record<Schema["type"], number>> = { int8: 8, int16: 16, int32: 32, int64: 64 };

/** The value that says nothing, of the same type. */
export function emptied(value: DataValue, schema: Schema | null): DataValue {
  if (typeof value === "string") return "";
  if (typeof value === "boolean") return false;
  if (typeof value === "number" || typeof value === "bigint") return 0;
  if (value instanceof Date) return EPOCH;
  if (value instanceof Decimal) return new Decimal(0n, schema === null ? 0 : value.scale);
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  if (value instanceof Uint8Array || schema?.type === "struct") throw notMasked(value, schema);
  return {};
}

/** Every text or number becomes this one. */
export function replaced(replacement: string): typeof emptied {
  const number = decimalOf(replacement);
  const float = Number(replacement);
  const needed = (): Decimal => {
    if (number !== undefined) return number;
    throw new TandemError("RECORD_MALFORMED", `a number cannot be masked with "${replacement}", which is none`);
  };
  return (value, schema) => {
    if (typeof value === "string") return replacement;
    if (typeof value === "number" || typeof value === "bigint") {
      if (isFloat(value, schema)) return needed() && (schema?.type === "float32" ? Math.fround(float) : float);
      const whole = BigInt.asIntN(BITS[schema?.type ?? "int64"] ?? 64, truncated(needed()));
      return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
    }
    if (value instanceof Decimal) return schema === null ? needed() : rescaled(needed(), value.scale);
    throw notMasked(value, schema);
  };
}

function isFloat(value: number | bigint, schema: Schema | null): boolean {
  if (schema !== null) return schema.type === "float32" || schema.type === "float64";
  return typeof value === "number" && !Number.isInteger(value);
}

function notMasked(value: DataValue, schema: Schema | null): TandemError {
  return new TandemError("RECORD_MALFORMED", `${schema?.type ?? kindOf(value)} cannot be masked so`);
}
