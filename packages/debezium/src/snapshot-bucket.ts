import { hashBytes } from "./occurrences.ts";

/** A range of its own: above the buckets of positions, and not the negative ones of digests. */
const FIRST = 2 ** 52;
/** Rows of a lane that share a bucket at most. */
const ROWS = 512;
/** A number below this is one of few: the line of an order, the day of a month. */
const FEW = 16;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The bucket of a snapshot's row, by the whole numbers of its JSON key: a snapshot goes by the primary key, so neighbours
 * in it are neighbours in the log. From the last number, which runs fastest: while one is small the number before it
 * counts in steps too (some orders with their lines), otherwise those before it count singly (rows of one tenant). -1, the
 * digest's prefix, for a key that holds anything else: a text beside a number may be what tells a million rows apart.
 */
export function snapshotBucket(key: Uint8Array | null, table: Uint8Array | null, partitions: number): number {
  const numbers = key === null ? undefined : wholeNumbers(key);
  if (numbers === undefined) return -1;
  let hash = hashBytes(0, table);
  // A lane gets one of `partitions` rows.
  let width = ROWS * partitions;
  for (const [i, n] of [...numbers.entries()].reverse()) {
    const few = i > 0 && n >= 0 && n < FEW && width >= FEW;
    hash = mixed(hash, few ? -1 : Math.floor(n / width));
    width = few ? width / FEW : 1;
  }
  return FIRST + hash;
}

/** The key's columns, with or without Connect's schema envelope; undefined if one of them is no whole number. */
function wholeNumbers(key: Uint8Array): number[] | undefined {
  const columns = columnsOf(key);
  return columns.length > 0 && columns.every(isWhole) ? columns : undefined;
}

/** Beyond 2^53 a number is not what the key says. */
function isWhole(column: unknown): column is number {
  return Number.isSafeInteger(column);
}

function columnsOf(key: Uint8Array): unknown[] {
  try {
    const json: unknown = JSON.parse(decoder.decode(key));
    return valuesOf(isEnvelope(json) ? json.payload : json);
  } catch {
    return [];
  }
}

/** A bare value is a column; what an object nests is none. */
function valuesOf(json: unknown): unknown[] {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? Object.values(json) : [json];
}

function isEnvelope(json: unknown): json is { readonly payload: unknown } {
  return (
    typeof json === "object" &&
    json !== null &&
    "payload" in json &&
    "schema" in json &&
    typeof json.schema === "object"
  );
}

/** 32 bits of a hash and of a whole number. */
function mixed(hash: number, n: number): number {
  const low = Math.imul((hash ^ n) >>> 0, 0x9e_37_79_b1);
  const high = Math.imul((low ^ (low >>> 15) ^ Math.floor(n / 2 ** 32)) >>> 0, 0x85_eb_ca_77);
  return (high ^ (high >>> 13)) >>> 0;
}
