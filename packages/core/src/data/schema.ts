/** Kafka Connect's types. */
export type SchemaType =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "boolean"
  | "string"
  | "bytes"
  | "array"
  | "map"
  | "struct";

/** One field of a struct. */
export interface Field {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * Kafka Connect's schema of a value. Never written into: transforms make new ones, and keep what they made (a schema is
 * recognised by its object before it is compared).
 */
export interface Schema {
  readonly type: SchemaType;
  readonly optional: boolean;
  /** Of a value that is null. */
  readonly default?: DataValue;
  /** Of a logical type or a struct, such as `org.apache.kafka.connect.data.Timestamp` or `shop.orders.Value`. */
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of a struct, in order. */
  readonly fields?: readonly Field[];
  /** Of a map. */
  readonly keySchema?: Schema;
  /** Of a map or an array. */
  readonly valueSchema?: Schema;
}

/** Connect's Decimal: `unscaled` times ten to the power of `-scale`. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** Without an exponent, such as `-0.05`. */
  toString(): string {
    const sign = this.unscaled < 0n ? "-" : "";
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    if (this.scale <= 0) return sign + digits + (this.unscaled === 0n ? "" : "0".repeat(-this.scale));
    const padded = digits.padStart(this.scale + 1, "0");
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
  }
}

/** A struct, or a map whose keys are strings. A field that is absent counts as null. */
export interface DataObject {
  readonly [field: string]: DataValue;
}

/**
 * A value. Whole numbers are numbers where safe and BigInts beyond, whatever their schema; floating point numbers are
 * numbers; bytes `Uint8Array`; structs and maps with string keys are objects, other maps `Map`. Connect's Date, Time and
 * Timestamp are `Date`, its Decimal is `Decimal`. Debezium's semantic types stay the numbers and texts that they are.
 * Values are never written into: change a copy.
 */
export type DataValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Decimal
  | readonly DataValue[]
  | ReadonlyMap<DataValue, DataValue>
  | DataObject;

/** Names of the logical types that have values of their own. */
export const DATE = "org.apache.kafka.connect.data.Date";
export const TIME = "org.apache.kafka.connect.data.Time";
export const TIMESTAMP = "org.apache.kafka.connect.data.Timestamp";
export const DECIMAL = "org.apache.kafka.connect.data.Decimal";

/** True for a struct or a map with string keys. */
export function isDataObject(value: unknown): value is DataObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Date) &&
    !(value instanceof Decimal) &&
    !(value instanceof Map)
  );
}

function sameList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined, same: (a: T, b: T) => boolean): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((each, i) => same(each, b[i] as T));
}

function sameParameters(a: Schema["parameters"] = {}, b: Schema["parameters"] = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Equality of values, by content. */
export function sameValue(a: DataValue | undefined, b: DataValue | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Decimal) return b instanceof Decimal && a.unscaled === b.unscaled && a.scale === b.scale;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a)) return Array.isArray(b) && sameList<DataValue>(a, b, sameValue);
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map)) return false;
    return sameList<[DataValue, DataValue]>([...a], [...b], ([k, v], [l, w]) => sameValue(k, l) && sameValue(v, w));
  }
  const [left, right] = [a as DataObject, b as DataObject];
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameValue(left[name], right[name]))
  );
}

/** Equality of schemas, by content. */
export function sameSchema(a: Schema | null | undefined, b: Schema | null | undefined): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return false;
  return (
    a.type === b.type &&
    a.optional === b.optional &&
    a.name === b.name &&
    a.version === b.version &&
    a.doc === b.doc &&
    sameValue(a.default, b.default) &&
    sameParameters(a.parameters, b.parameters) &&
    sameList(a.fields, b.fields, (f, g) => f.name === g.name && sameSchema(f.schema, g.schema)) &&
    sameSchema(a.keySchema, b.keySchema) &&
    sameSchema(a.valueSchema, b.valueSchema)
  );
}
