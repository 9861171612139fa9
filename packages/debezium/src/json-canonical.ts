import { malformed, type Names, nameIndex, skipScalar, skipSpace, skipString, textAt } from "./json-scanner.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Nesting of a value in the canonical form: each level whose fields are out of order is copied. Debezium's is below ten. */
const MAX_DEPTH = 100;
/** Within this many bytes a loop copies sooner than a native call. */
const NEAR = 64;

/** What a value begins with in the canonical form. */
const TAG = { literal: 0x6c, number: 0x23, text: 0x73, wide: 0x77, object: 0x7b, list: 0x5b } as const;

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;
const WHOLE = /^-?[1-9]\d*$/;
/** Digits of an exponent: longer ones take longer than their length to read, and no number has them. */
const MAX_EXPONENT = 100;
const LITERALS: ReadonlyMap<string, Uint8Array> = new Map(
  ["null", "true", "false"].map((text) => [text, new TextEncoder().encode(text)]),
);
const LONE_SURROGATE = /\p{Surrogate}/u;

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** Names of an object that are left out, and what is left out inside of the others: null where all of it is. */
export interface Except {
  readonly names: Names;
  readonly inner: readonly (Except | null)[];
}

/** A field of an object in the output: its name ends at `value`, where its value begins. */
interface Field {
  readonly from: number;
  readonly value: number;
  readonly to: number;
}

/**
 * Writes JSON values so that the bytes are equal exactly when the decoded values are: fields are sorted by name and the
 * last of equal names counts, texts are without escapes, numbers are exact decimals (1.0 = 1 = 1e0, 2^63 to the digit).
 * Everything carries its length, so that nothing runs into what follows. Unlike the scan it refuses what is no JSON.
 */
export class JsonCanonical {
  #bytes: Uint8Array = new Uint8Array(0);
  #out: Uint8Array = new Uint8Array(256);
  #length = 0;
  /** Fields on their way to another order. */
  #aside: Uint8Array = new Uint8Array(256);

  /** The canonical form of the value at `at`. Valid until the next call. */
  of(bytes: Uint8Array, at: number, except?: Except): Uint8Array {
    this.#bytes = bytes;
    this.#length = 0;
    this.#value(at, except, 0);
    return this.#out.subarray(0, this.#length);
  }

  /** Each method returns the index after what it has read. */
  #value(at: number, except: Except | undefined, depth: number): number {
    const byte = this.#bytes[at];
    if (byte === QUOTE) return this.#text(at);
    if (byte !== OPEN && byte !== OPEN_LIST) return this.#scalar(at);
    if (depth >= MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    return byte === OPEN ? this.#object(at, except, depth) : this.#list(at, depth);
  }

  #object(at: number, except: Except | undefined, depth: number): number {
    const bytes = this.#bytes;
    const head = this.#head(TAG.object);
    const fields: Field[] = [];
    let i = skipSpace(bytes, at + 1);
    if (bytes[i] === CLOSE) return i + 1;
    for (;;) {
      if (bytes[i] !== QUOTE) throw malformed("a field name is expected");
      const from = this.#length;
      const end = this.#text(i);
      const n = except === undefined ? -1 : nameIndex(bytes, i + 1, end - 1, except.names);
      const inner = n < 0 ? undefined : (except?.inner[n] ?? null);
      const value = this.#length;
      i = skipSpace(bytes, end);
      if (bytes[i] !== COLON) throw malformed("a colon is expected");
      i = this.#value(skipSpace(bytes, i + 1), inner ?? undefined, depth + 1);
      if (inner === null) this.#length = from;
      else fields.push({ from, value, to: this.#length });
      i = skipSpace(bytes, i);
      if (bytes[i] === CLOSE) break;
      if (bytes[i] !== COMMA) throw malformed("a comma is expected");
      i = skipSpace(bytes, i + 1);
    }
    this.#setCount(head, this.#sort(head, fields));
    return i + 1;
  }

  /** Puts the fields in order and drops all but the last of equal names; returns how many are left. */
  #sort(head: number, fields: Field[]): number {
    const out = this.#out;
    if (fields.every((field, n) => n === 0 || compareNames(out, fields[n - 1] as Field, field) < 0))
      return fields.length;
    fields.sort((a, b) => compareNames(out, a, b) || b.from - a.from);
    const size = this.#length - head;
    if (this.#aside.length < size) this.#aside = new Uint8Array(2 * size);
    this.#aside.set(out.subarray(head, this.#length));
    let length = head;
    let kept = 0;
    let last: Field | undefined;
    for (const field of fields) {
      // Names are told apart where they stood before: a field's place in the output is taken by now.
      if (last !== undefined && compareNames(this.#aside, last, field, head) === 0) continue;
      last = field;
      copy(this.#aside, field.from - head, field.to - head, out, length);
      length += field.to - field.from;
      kept++;
    }
    this.#length = length;
    return kept;
  }

  #list(at: number, depth: number): number {
    const bytes = this.#bytes;
    const head = this.#head(TAG.list);
    let count = 0;
    let i = skipSpace(bytes, at + 1);
    if (bytes[i] === CLOSE_LIST) return i + 1;
    for (;;) {
      i = skipSpace(bytes, this.#value(i, undefined, depth + 1));
      count++;
      if (bytes[i] === CLOSE_LIST) break;
      if (bytes[i] !== COMMA) throw malformed("a comma is expected");
      i = skipSpace(bytes, i + 1);
    }
    this.#setCount(head, count);
    return i + 1;
  }

  #text(at: number): number {
    const end = skipString(this.#bytes, at);
    if (end > this.#bytes.length) throw malformed("a string does not end");
    if (!includes(this.#bytes, at + 1, end - 1, BACKSLASH)) {
      this.#append(TAG.text, this.#bytes, at + 1, end - 1);
      return end;
    }
    const text = textAt(this.#bytes, at, end);
    // Half of a pair has no UTF-8: all of them would become one replacement character.
    if (LONE_SURROGATE.test(text)) this.#append(TAG.wide, Buffer.from(text, "utf16le"));
    else this.#append(TAG.text, encoder.encode(text));
    return end;
  }

  #scalar(at: number): number {
    const end = skipScalar(this.#bytes, at);
    const text = latin1.decode(this.#bytes.subarray(at, end));
    const literal = LITERALS.get(text);
    if (literal === undefined) this.#append(TAG.number, encoder.encode(decimal(text)));
    else this.#append(TAG.literal, literal);
    return end;
  }

  #append(tag: number, content: Uint8Array, from = 0, to: number = content.length): void {
    const head = this.#head(tag);
    this.#reserve(to - from);
    copy(content, from, to, this.#out, this.#length);
    this.#length += to - from;
    this.#setCount(head, to - from);
  }

  /** A tag, and room for a count behind it; returns the index after both. */
  #head(tag: number): number {
    this.#reserve(5);
    this.#out[this.#length] = tag;
    this.#length += 5;
    this.#setCount(this.#length, 0);
    return this.#length;
  }

  #setCount(head: number, count: number): void {
    for (let i = 1; i <= 4; i++) this.#out[head - i] = count >>> (8 * (i - 1));
  }

  #reserve(room: number): void {
    if (this.#length + room <= this.#out.length) return;
    const out = new Uint8Array(Math.max(this.#out.length * 2, this.#length + room));
    out.set(this.#out.subarray(0, this.#length));
    this.#out = out;
  }
}

function includes(bytes: Uint8Array, from: number, to: number, byte: number): boolean {
  if (to - from > NEAR) return bytes.subarray(from, to).includes(byte);
  for (let i = from; i < to; i++) if (bytes[i] === byte) return true;
  return false;
}

function copy(bytes: Uint8Array, from: number, to: number, into: Uint8Array, at: number): void {
  if (to - from > NEAR) into.set(bytes.subarray(from, to), at);
  else for (let i = from; i < to; i++) into[at++] = bytes[i] as number;
}

/** The order of two fields of the output by their names, which begin with their lengths. */
function compareNames(out: Uint8Array, a: Field, b: Field, base = 0): number {
  const length = Math.min(a.value - a.from, b.value - b.from);
  for (let i = 0; i < length; i++) {
    const difference = (out[a.from - base + i] ?? 0) - (out[b.from - base + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.value - a.from - (b.value - b.from);
}

/** A number of JSON as sign, digits without zeros at either end, and exponent: equal for equal numbers only. */
function decimal(text: string): string {
  if (WHOLE.test(text)) return integer(text);
  const match = NUMBER.exec(text);
  if (match === null) throw malformed("a value is expected");
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (exponent.length > MAX_EXPONENT) throw malformed("a number is out of range");
  const digits = whole + fraction;
  let from = 0;
  while (digits[from] === "0") from++;
  if (from === digits.length) return "0";
  let to = digits.length;
  while (digits[to - 1] === "0") to--;
  const power = BigInt(exponent.startsWith("+") ? exponent.slice(1) : exponent);
  return `${sign}${digits.slice(from, to)}e${power - BigInt(fraction.length) + BigInt(digits.length - to)}`;
}

/** The same of most numbers, without exponents of any size. */
function integer(text: string): string {
  let to = text.length;
  while (text[to - 1] === "0") to--;
  return `${text.slice(0, to)}e${text.length - to}`;
}
