import { type DataObject, type DataValue, Decimal, type Schema } from "@tandem-cdc/core";

// Java's `hashCode` of the values that records have, and the murmur hash that Debezium makes of it.

/** Without a schema, whole numbers are Longs and other numbers Doubles, as Connect's JsonConverter reads them. */
export function javaHash(value: DataValue, schema: Schema | null): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1231 : 1237;
  if (typeof value === "string") return textHash(value);
  if (typeof value === "bigint" || typeof value === "number") return numberHash(value, schema?.type);
  if (value instanceof Date) return longHash(BigInt(value.getTime()));
  if (value instanceof Decimal) return (Math.imul(31, bigIntegerHash(value.unscaled)) + value.scale) | 0;
  // Java's bytes hash by where they lie in memory: these by what they are.
  if (value instanceof Uint8Array)
    return value.reduce((hash, byte) => (Math.imul(31, hash) + ((byte << 24) >> 24)) | 0, 1);
  const of = schema?.valueSchema ?? null;
  if (Array.isArray(value))
    return value.reduce((hash: number, each: DataValue) => (Math.imul(31, hash) + javaHash(each, of)) | 0, 1);
  const fields = new Map(schema?.fields?.map((field) => [field.name, field.schema]));
  const entries =
    value instanceof Map ? [...(value as ReadonlyMap<DataValue, DataValue>)] : Object.entries(value as DataObject);
  return entries.reduce((sum, [key, each]) => {
    const schemaOf = typeof key === "string" && schema?.type === "struct" ? (fields.get(key) ?? null) : of;
    return (sum + (javaHash(key, schema?.keySchema ?? null) ^ javaHash(each, schemaOf))) | 0;
  }, 0);
}

function textHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

const bits = new DataView(new ArrayBuffer(8));

function numberHash(value: number | bigint, type: Schema["type"] | undefined): number {
  if (type === "int8" || type === "int16" || type === "int32") return Number(value) | 0;
  if (type === "float32") {
    bits.setFloat32(0, Number(value));
    return bits.getInt32(0);
  }
  const float = type === "float64" || (type === undefined && typeof value === "number" && !Number.isInteger(value));
  if (!float) return longHash(BigInt(value));
  bits.setFloat64(0, Number(value));
  return bits.getInt32(0) ^ bits.getInt32(4);
}

function longHash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}

function bigIntegerHash(value: bigint): number {
  let hash = 0;
  const magnitude = value < 0n ? -value : value;
  for (const word of words(magnitude)) hash = (Math.imul(31, hash) + word) | 0;
  return value < 0n ? -hash | 0 : hash;
}

/** Of 32 bits each, the most significant first. */
function words(magnitude: bigint): number[] {
  const all: number[] = [];
  for (let rest = magnitude; rest > 0n; rest >>= 32n) all.unshift(Number(BigInt.asIntN(32, rest)));
  return all;
}

const encoder = new TextEncoder();

/** A surrogate without its other half, which UTF-8 cannot write. */
const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Of texts and bytes as they are, of all others of their Java hash. */
export function murmurHash(value: DataValue, schema: Schema | null): number {
  if (typeof value === "string") return murmur3(encoder.encode(value.replaceAll(HALF_PAIR, "?")));
  if (value instanceof Uint8Array) return murmur3(value);
  const hash = javaHash(value, schema);
  return murmur3(Uint8Array.of(hash, hash >> 8, hash >> 16, hash >> 24));
}

const SEED = 9001n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));

/** An early form of MurmurHash3, x64: the upper 32 bits of its first half. */
function murmur3(bytes: Uint8Array): number {
  let [h1, h2] = [0x9368e53c2f6af274n ^ SEED, 0x586dcd208f7cd3fdn ^ SEED];
  let [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const mix = (a: bigint, b: bigint): void => {
    h1 = u64((h1 ^ u64(rotated(u64(a * c1), 23n) * c2)) + h2);
    h2 = rotated(h2, 41n);
    h2 = u64((h2 ^ u64(rotated(u64(b * c2), 23n) * c1)) + h1);
    h1 = u64(h1 * 3n + 0x52dce729n);
    h2 = u64(h2 * 3n + 0x38495ab5n);
    c1 = u64(c1 * 5n + 0x7b7d159cn);
    c2 = u64(c2 * 5n + 0x6bce6396n);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = bytes.length & ~15;
  for (let at = 0; at < tail; at += 16) mix(view.getBigUint64(at, true), view.getBigUint64(at + 8, true));
  if (tail < bytes.length) {
    // Each byte has a sign, as Java's have.
    const half = (from: number): bigint => {
      let word = 0n;
      for (let i = 0; i < 8 && from + i < bytes.length; i++)
        word ^= u64(BigInt(view.getInt8(from + i)) << BigInt(8 * i));
      return word;
    };
    mix(half(tail), half(tail + 8));
  }
  h2 ^= BigInt(bytes.length);
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  h1 = u64(finished(h1) + finished(h2));
  return Number(BigInt.asIntN(32, h1 >> 32n));
}

function finished(value: bigint): bigint {
  let k = u64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  k = u64((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return k ^ (k >> 33n);
}
