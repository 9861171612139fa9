import type { AvroType } from "./schema.ts";
import { malformed } from "./wire.ts";
import { date, duration, localTime, timestamp } from "./time.ts";

/**
 * What the numbers and bytes of a type stand for, whatever the notation: Avro's logical types, Connect's logical types and
 * Debezium's semantic types (`connect.name`).
 */
export type Meaning =
  | "decimal"
  | "variable-decimal"
  | "bits"
  | "date"
  | "time-ms"
  | "time-us"
  | "time-ns"
  | "local-ms"
  | "local-us"
  | "local-ns"
  | "instant-ms"
  | "instant-us"
  | "instant-ns"
  | "duration-us"
  | "duration-ns";

/** Each with the kinds of type that may carry it: on others it means nothing, as Avro's specification wants it. */
type Table = Readonly<Record<string, { readonly meaning: Meaning; readonly on: readonly AvroType["kind"][] }>>;

const WHOLE = ["int", "long"] as const;
const BYTES = ["bytes", "fixed"] as const;

const CONNECT: Table = {
  "org.apache.kafka.connect.data.Decimal": { meaning: "decimal", on: BYTES },
  "org.apache.kafka.connect.data.Date": { meaning: "date", on: WHOLE },
  "org.apache.kafka.connect.data.Time": { meaning: "time-ms", on: WHOLE },
  "org.apache.kafka.connect.data.Timestamp": { meaning: "instant-ms", on: WHOLE },
  "io.debezium.time.Date": { meaning: "date", on: WHOLE },
  "io.debezium.time.Time": { meaning: "time-ms", on: WHOLE },
  "io.debezium.time.MicroTime": { meaning: "time-us", on: WHOLE },
  "io.debezium.time.NanoTime": { meaning: "time-ns", on: WHOLE },
  "io.debezium.time.Timestamp": { meaning: "local-ms", on: WHOLE },
  "io.debezium.time.MicroTimestamp": { meaning: "local-us", on: WHOLE },
  "io.debezium.time.NanoTimestamp": { meaning: "local-ns", on: WHOLE },
  "io.debezium.time.MicroDuration": { meaning: "duration-us", on: WHOLE },
  "io.debezium.time.NanoDuration": { meaning: "duration-ns", on: WHOLE },
  "io.debezium.data.Bits": { meaning: "bits", on: BYTES },
  "io.debezium.data.VariableScaleDecimal": { meaning: "variable-decimal", on: ["record"] },
};

const AVRO: Table = {
  decimal: { meaning: "decimal", on: BYTES },
  date: { meaning: "date", on: WHOLE },
  "time-millis": { meaning: "time-ms", on: WHOLE },
  "time-micros": { meaning: "time-us", on: WHOLE },
  "timestamp-millis": { meaning: "instant-ms", on: WHOLE },
  "timestamp-micros": { meaning: "instant-us", on: WHOLE },
  "timestamp-nanos": { meaning: "instant-ns", on: WHOLE },
  "local-timestamp-millis": { meaning: "local-ms", on: WHOLE },
  "local-timestamp-micros": { meaning: "local-us", on: WHOLE },
  "local-timestamp-nanos": { meaning: "local-ns", on: WHOLE },
};

const own = (table: Table, name: unknown): Table[string] | undefined =>
  typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;

/** The meaning of a type with these attributes in its schema; Debezium's and Connect's name goes before Avro's. */
export function meaningOf(kind: AvroType["kind"], connectName: unknown, logicalType: unknown): Meaning | null {
  const found = own(CONNECT, connectName) ?? own(AVRO, logicalType);
  return found !== undefined && found.on.includes(kind) ? found.meaning : null;
}

/**
 * What a value of this type stands for, exactly. `value` is as `avroCodec` decodes it without semantics.
 *
 * - decimals: text in plain notation, with the scale's digits ("10.00");
 * - dates `2026-11-23`; times `07:08:27.372` (MySQL's may be negative or beyond 24 hours); date-times
 *   `2026-11-23T07:08:27.372`, with a `Z` where the type is an instant; durations `PT1.000001S`;
 * - bits: zeros and ones, the highest first.
 *
 * Debezium's types that are text or plain numbers already (ZonedTimestamp, ZonedTime, Interval, Year, Json, Xml, Uuid,
 * Enum, EnumSet) stay as they are, and so does every value of a type without a meaning.
 */
export function semantic(type: AvroType, value: unknown): unknown {
  return type.meaning === null || value === null || value === undefined ? value : READ[type.meaning](value, type);
}

const whole = (value: unknown): bigint => BigInt(value as number | bigint);

/** Two's complement, big-endian. */
export function bigIntOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
}

/** PostgreSQL's largest numbers have 131,072 digits before the point and 16,383 behind it: beyond lies no database's. */
const MAX_SCALE = 65_535;
const MAX_DECIMAL_BYTES = 65_536;

export function decimal(unscaled: Uint8Array, scale: number): string {
  if (!Number.isInteger(scale) || Math.abs(scale) > MAX_SCALE) throw malformed(`a decimal of scale ${scale}`);
  if (!(unscaled instanceof Uint8Array)) throw malformed("a decimal without its digits");
  if (unscaled.length > MAX_DECIMAL_BYTES) throw malformed(`a decimal of ${unscaled.length} bytes`);
  const value = bigIntOf(unscaled);
  if (scale <= 0) return value === 0n ? "0" : `${value}${"0".repeat(-scale)}`;
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Debezium writes the lowest byte first. */
function bits(bytes: Uint8Array, length: number): string {
  const all = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0"))
    .reverse()
    .join("");
  return length > 0 ? all.padStart(length, "0").slice(-length) : all;
}

const READ: Readonly<Record<Meaning, (value: unknown, type: AvroType) => unknown>> = {
  decimal: (value, type) => decimal(value as Uint8Array, type.scale),
  "variable-decimal": (value) => {
    const { scale, value: unscaled } = value as { readonly scale: number; readonly value: Uint8Array };
    return decimal(unscaled, scale);
  },
  bits: (value, type) => bits(value as Uint8Array, type.length),
  date: (value) => date(whole(value)),
  "time-ms": (value) => localTime(whole(value), 3),
  "time-us": (value) => localTime(whole(value), 6),
  "time-ns": (value) => localTime(whole(value), 9),
  "local-ms": (value) => timestamp(whole(value), 3),
  "local-us": (value) => timestamp(whole(value), 6),
  "local-ns": (value) => timestamp(whole(value), 9),
  "instant-ms": (value) => `${timestamp(whole(value), 3)}Z`,
  "instant-us": (value) => `${timestamp(whole(value), 6)}Z`,
  "instant-ns": (value) => `${timestamp(whole(value), 9)}Z`,
  "duration-us": (value) => duration(whole(value), 6),
  "duration-ns": (value) => duration(whole(value), 9),
};
