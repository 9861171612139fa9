import {
  malformed,
  MAX_DEPTH,
  type Names,
  nameIndex,
  skipScalar,
  skipSpace,
  skipString,
  textAt,
} from "./json-scanner.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** What a value begins with in the canonical form. */
const TAG = { literal: 0x6c, number: 0x23, text: 0x73, wide: 0x77, object: 0x7b, list: 0x5b } as const;

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;
/** Digits of an exponent: longer ones take longer than their length to read, and no number has them. */
const MAX_EXPONENT = 100;
const LITERALS: ReadonlySet<string> = new Set(["null", "true", "false"]);
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

  /** The canonical form of the value at `at`. Valid until the next call. */
  of(bytes: Uint8Array, at: number, except?: Except): Uint8Array {
    this.#bytes = bytes;
    this.#length = 0;
    this.#value(at, except, 0);
    return this.#out.subarray(0, this.#length);
  }

  /** Each method returns the index after what it has read. */
  #value(at: number, except: Except | undefined, depth: number): number {
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    const byte = this.#bytes[at];
    if (byte === QUOTE) return this.#text(at);
    if (byte === OPEN) return this.#object(at, except, depth);
    if (byte === OPEN_LIST) return this.#list(at, depth);
    return this.#scalar(at);
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
    const out = Buffer.from(this.#out.buffer, this.#out.byteOffset, this.#out.length);
    const compare = (a: Field, b: Field): number => out.compare(out, b.from, b.value, a.from, a.value);
    const sorted = fields.toSorted((a, b) => compare(a, b) || b.from - a.from);
    const kept = sorted.filter((field, n) => n === 0 || compare(sorted[n - 1] as Field, field) !== 0);
    const copy = Buffer.from(out.subarray(head, this.#length));
    let length = head;
    for (const { from, to } of kept) length += copy.copy(out, length, from - head, to - head);
    this.#length = length;
    return kept.length;
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
    const inside = this.#bytes.subarray(at + 1, end - 1);
    if (!inside.includes(BACKSLASH)) {
      this.#append(TAG.text, inside);
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
    if (LITERALS.has(text)) this.#append(TAG.literal, encoder.encode(text));
    else this.#append(TAG.number, encoder.encode(decimal(text)));
    return end;
  }

  #append(tag: number, content: Uint8Array): void {
    const head = this.#head(tag);
    this.#reserve(content.length);
    this.#out.set(content, this.#length);
    this.#length += content.length;
    this.#setCount(head, content.length);
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

/** A number of JSON as sign, digits without zeros at either end, and exponent: equal for equal numbers only. */
function decimal(text: string): string {
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
