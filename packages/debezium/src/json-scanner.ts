import { TandemError } from "@tandem-cdc/core";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Nesting that a skipped value may have. Debezium's own is below ten; JSON columns are strings. */
export const MAX_DEPTH = 1_000;

/** Within this many bytes a loop finds the closing quote sooner than a native search. */
const NEAR = 32;

// A byte order mark inside of a string is part of it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

export function malformed(what: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `the payload is not JSON: ${what}`);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function skipSpace(bytes: Uint8Array, at: number): number {
  while (isSpace(bytes[at])) at++;
  return at;
}

/** `at` stands on the opening quote; returns the index after the closing one. */
export function skipString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; ;) {
    const near = i + NEAR;
    while (i < near) {
      const byte = bytes[i];
      if (byte === QUOTE) return i + 1;
      i += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0) throw malformed("a string does not end");
    let slashes = quote;
    while (slashes > i && bytes[slashes - 1] === BACKSLASH) slashes--;
    i = quote + 1;
    if ((quote - slashes) % 2 === 0) return i;
  }
}

function skipContainer(bytes: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < bytes.length;) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = skipString(bytes, i);
      continue;
    }
    i++;
    if (byte === OPEN || byte === OPEN_LIST) {
      if (++depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    } else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return i;
  }
  throw malformed("an object or a list does not end");
}

/** A number or a literal: up to what ends it. */
export function skipScalar(bytes: Uint8Array, at: number): number {
  let i = at;
  for (; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || isSpace(byte)) break;
    if (byte === QUOTE || byte === COLON || byte === OPEN || byte === OPEN_LIST) throw malformed("a value is missing");
  }
  if (i === at) throw malformed("a value is missing");
  return i;
}

/** Index after the value at `at`, whatever it is. What is skipped is not checked beyond its brackets and strings. */
export function skipValue(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return skipString(bytes, at);
  if (byte === OPEN || byte === OPEN_LIST) return skipContainer(bytes, at);
  return skipScalar(bytes, at);
}

/** Field names to look for in an object, as bytes; which of them have a length is known beforehand. */
export interface Names {
  readonly list: readonly Uint8Array[];
  readonly byLength: readonly (readonly number[] | undefined)[];
}

export function names(...fields: string[]): Names {
  const list = fields.map((field) => encoder.encode(field));
  const byLength: number[][] = [];
  list.forEach(({ length }, n) => (byLength[length] ??= []).push(n));
  return { list, byLength };
}

function same(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  // From the end: names that begin alike (commit_lsn, commit_scn) differ there.
  for (let i = name.length - 1; i >= 0; i--) if (bytes[from + i] !== name[i]) return false;
  return true;
}

/** Which of the names the key between `from` and `to` (quotes excluded) is; -1 for none. */
export function nameIndex(bytes: Uint8Array, from: number, to: number, { list, byLength }: Names): number {
  const candidates = byLength[to - from];
  if (candidates !== undefined) for (const n of candidates) if (same(bytes, from, list[n] as Uint8Array)) return n;
  for (let i = from; i < to; i++) {
    if (bytes[i] !== BACKSLASH) continue;
    const key = encoder.encode(textAt(bytes, from - 1, to + 1));
    return list.findIndex((name) => key.length === name.length && same(key, 0, name));
  }
  return -1;
}

/** What is looked for inside of a value, on the way. */
export interface Inside {
  /** Reads the object at `at`; returns the index after it. */
  read(bytes: Uint8Array, at: number): number;
  /** There is no object. */
  nothing(): void;
}

/**
 * Walks the object at `at` and notes where the values of the wanted fields lie: `found[2n]` to `found[2n + 1]` for name
 * n, -1 when absent; the last of equal keys counts, as for JSON.parse. Where there is room behind them, `found` ends
 * with the number of fields that the object has. Returns the index after the object.
 */
export function scanObject(
  bytes: Uint8Array,
  at: number,
  wanted: Names,
  found: Int32Array,
  inside?: readonly (Inside | null)[],
): number {
  const count = 2 * wanted.list.length;
  found.fill(-1);
  let fields = 0;
  let i = skipSpace(bytes, at);
  if (bytes[i] !== OPEN) throw malformed("an object is expected");
  i = skipSpace(bytes, i + 1);
  if (bytes[i] === CLOSE) return i + 1;
  for (;;) {
    if (bytes[i] !== QUOTE) throw malformed("a field name is expected");
    const end = skipString(bytes, i);
    const n = nameIndex(bytes, i + 1, end - 1, wanted);
    i = skipSpace(bytes, end);
    if (bytes[i] !== COLON) throw malformed("a colon is expected");
    const from = skipSpace(bytes, i + 1);
    const inner = n < 0 ? undefined : inside?.[n];
    let to: number;
    if (inner && bytes[from] === OPEN) to = inner.read(bytes, from);
    else {
      to = skipValue(bytes, from);
      inner?.nothing();
    }
    fields++;
    if (n >= 0) {
      found[2 * n] = from;
      found[2 * n + 1] = to;
    }
    i = skipSpace(bytes, to);
    if (bytes[i] === CLOSE) {
      if (found.length > count) found[count] = fields;
      return i + 1;
    }
    if (bytes[i] !== COMMA) throw malformed("a comma is expected");
    i = skipSpace(bytes, i + 1);
  }
}

export function isNull(bytes: Uint8Array, from: number): boolean {
  return from < 0 || bytes[from] === 0x6e;
}

/** The text of the string between `from` and `to`, quotes included. */
export function textAt(bytes: Uint8Array, from: number, to: number): string {
  if (bytes[from] !== QUOTE) throw malformed("a string is expected");
  const quoted = bytes.subarray(from, to);
  if (!quoted.includes(BACKSLASH)) return decoder.decode(quoted.subarray(1, -1));
  try {
    return JSON.parse(decoder.decode(quoted)) as string;
  } catch {
    throw malformed("a string has a broken escape");
  }
}

/** The whole number between `from` and `to`; throws on anything that is not one, or not safe. */
export function integerAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let i = bytes[from] === 0x2d ? from + 1 : from;
  if (i >= to) throw malformed("a number is expected");
  const negative = i > from;
  for (; i < to; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw malformed("a whole number is expected");
    value = value * 10 + digit;
  }
  if (!Number.isSafeInteger(value)) throw malformed("a number is out of range");
  return negative ? -value : value;
}
