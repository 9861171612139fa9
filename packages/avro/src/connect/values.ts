import {
  type DataObject,
  type DataValue,
  DATE,
  Decimal,
  DECIMAL,
  isDataObject,
  type Schema,
  TandemError,
  TIME,
  TIMESTAMP,
} from "@tandem-cdc/core";
import { bigIntOf } from "../semantic.ts";
import { malformed } from "../wire.ts";

const DAY_MS = 86_400_000;
/** Beyond lies no database's number; making a text of it takes time that grows with its square. */
const MAX_DECIMAL_BYTES = 65_536;

export function misfit(schema: Schema, what: string, where: string): TandemError {
  return new TandemError(
    "RECORD_MALFORMED",
    `the value cannot be written as Avro: ${where} is ${what}, where ${schema.name ?? schema.type} is due`,
  );
}

export const isDate = ({ name }: Schema): boolean => name === DATE || name === TIME || name === TIMESTAMP;

export function dateOf({ name }: Schema, stored: number): Date {
  const date = new Date(name === DATE ? stored * DAY_MS : stored);
  if (Number.isNaN(date.getTime())) throw malformed(`a time of ${stored}, further away than dates reach`);
  return date;
}

export function storedDate(schema: Schema, value: DataValue, where: string): number {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw misfit(schema, "no date", where);
  return schema.name === DATE ? Math.floor(value.getTime() / DAY_MS) : value.getTime();
}

export const scaleOf = ({ parameters }: Schema): number => Number(parameters?.["scale"] ?? 0);

export function decimalOf(bytes: Uint8Array, scale: number): Decimal {
  if (bytes.length > MAX_DECIMAL_BYTES) throw malformed(`a decimal of ${bytes.length} bytes`);
  return new Decimal(bigIntOf(bytes), scale);
}

export function unscaledOf(schema: Schema, value: DataValue, where: string): bigint {
  if (!(value instanceof Decimal)) throw misfit(schema, "no decimal", where);
  if (value.scale !== scaleOf(schema)) throw misfit(schema, `a decimal of scale ${value.scale}`, where);
  return value.unscaled;
}

/** Two's complement, in as few bytes as it takes. */
export function bytesOf(unscaled: bigint): Uint8Array {
  const size = unscaled < 0n ? -1n - unscaled : unscaled;
  const length = Math.floor(size === 0n ? 0 : size.toString(16).length / 2) + 1;
  const hex = BigInt.asUintN(8 * length, unscaled)
    .toString(16)
    .padStart(2 * length, "0");
  const bytes = Buffer.from(hex, "hex");
  // Half a byte may have been too many.
  const spare = length > 1 && (bytes[0] === 0 ? (bytes[1] ?? 0) < 0x80 : bytes[0] === 0xff && (bytes[1] ?? 0) >= 0x80);
  return new Uint8Array(bytes.subarray(spare ? 1 : 0));
}

/** Sets a property of the object's own, whatever its name. */
export function own(object: Record<string, DataValue>, name: string, value: DataValue): void {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

export const isDecimal = ({ name, type }: Schema): boolean => type === "bytes" && name === DECIMAL;

/** For messages: what a value is, without what it says. */
export function kindOf(value: DataValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value === "string" ? "text" : `the ${typeof value} ${value}`;
  return isDataObject(value) ? "an object" : `a ${value.constructor.name}`;
}

export const ownValue = (object: DataObject, name: string): DataValue =>
  Object.hasOwn(object, name) ? (object[name] ?? null) : null;

export function pairsOf(value: DataValue): readonly (readonly [DataValue, DataValue])[] | undefined {
  if (value instanceof Map) return [...(value as ReadonlyMap<DataValue, DataValue>)];
  return isDataObject(value) ? Object.entries(value) : undefined;
}
