import type { AvroType } from "./schema.ts";

/** What kind of value follows in the canonical form. */
export const TAG = {
  null: 0,
  boolean: 1,
  whole: 2,
  float: 3,
  text: 4,
  bytes: 5,
  array: 6,
  map: 7,
  record: 8,
  /** Its scale follows: 1.0 is not 1.00, as for Java's BigDecimal. */
  decimal: 9,
  /** Behind the last item of an array, and the last entry of a map. */
  end: 0xff,
} as const;

/** Numbers of a unit are other values than plain numbers: 1 ms is not 1 us. Who named the unit makes no difference. */
const UNITS: Readonly<Record<string, number>> = {
  date: 0x20,
  "time-ms": 0x21,
  "time-us": 0x22,
  "time-ns": 0x23,
  "local-ms": 0x24,
  "local-us": 0x25,
  "local-ns": 0x26,
  "instant-ms": 0x27,
  "instant-us": 0x28,
  "instant-ns": 0x29,
  "duration-us": 0x2a,
  "duration-ns": 0x2b,
};

const scaled = (scale: number): number[] => [scale >>> 24, scale >>> 16, scale >>> 8, scale].map((n) => n & 0xff);

/** The tag of a type's values, as bytes. A union has none: its branches have. */
export function tagOf({ kind, meaning, scale }: AvroType): readonly number[] {
  if (kind === "union") return [];
  if (kind === "int" || kind === "long") return [UNITS[meaning ?? ""] ?? TAG.whole];
  if (kind === "float" || kind === "double") return [TAG.float];
  if (kind === "string" || kind === "enum") return [TAG.text];
  if (kind === "bytes" || kind === "fixed")
    return meaning === "decimal" ? [TAG.decimal, ...scaled(scale)] : [TAG.bytes];
  return [TAG[kind]];
}
