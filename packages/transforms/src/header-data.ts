import {
  DATE,
  type DataValue,
  Decimal,
  DECIMAL,
  type Schema,
  type SchemaAndValue,
  TIME,
  TIMESTAMP,
} from "@tandem-cdc/core";

// What Connect's SimpleHeaderConverter reads from headers, where nothing else is configured: numbers, booleans, dates, lists
// and maps are recognised by their look, with the smallest type that holds them; all else is text.

const decoder = new TextDecoder("utf-8");

/** A header's value, as Connect understands it. */
export function headerData(bytes: Uint8Array | null): SchemaAndValue {
  return bytes === null ? NULL : dataOf(decoder.decode(bytes));
}

/** The same of a text. */
export function dataOf(text: string): SchemaAndValue {
  return text === "" ? { schema: plain("string"), value: "" } : new Reader(text).read();
}

const NULL: SchemaAndValue = { schema: null, value: null };
const NUMBERS = ["int8", "int16", "int32", "int64", "float32", "float64"] as const;

function plain(type: Schema["type"]): Schema {
  return { type, optional: false };
}

/** The text of a list or a map was none, after all. */
class NotNested extends Error {}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  read(): SchemaAndValue {
    const literal = this.#literal(false);
    if (literal !== undefined) return literal;
    try {
      const nested = this.#nested();
      if (nested !== undefined) return nested;
      this.#skipBlank();
    } catch (thrown) {
      if (!(thrown instanceof NotNested)) throw thrown;
      this.#at = 0;
    }
    const token = this.#next();
    if (blank(token)) return { schema: plain("string"), value: token };
    return this.#scalar(token.trim()) ?? { schema: plain("string"), value: this.#text };
  }

  /** An element of a list or a map. */
  #element(): SchemaAndValue {
    if (this.#at >= this.#tokens.length) return NULL;
    if (this.#took('"')) return this.#quoted();
    const literal = this.#literal(true) ?? this.#nested();
    if (literal !== undefined) return literal;
    this.#skipBlank();
    const token = this.#next();
    if (blank(token)) return { schema: plain("string"), value: token };
    const scalar = this.#scalar(token.trim());
    if (scalar === undefined) throw new NotNested();
    return scalar;
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  #skipBlank(): void {
    while (this.#at < this.#tokens.length - 1 && blank(this.#tokens[this.#at] ?? "")) this.#at++;
  }

  /** Takes the token, and blank ones before it, if it is the next one. */
  #took(expected: string): boolean {
    const before = this.#at;
    this.#skipBlank();
    if (this.#tokens[this.#at]?.trim() === expected) {
      this.#at++;
      return true;
    }
    this.#at = before;
    return false;
  }

  #literal(embedded: boolean): SchemaAndValue | undefined {
    const before = this.#at;
    for (const [word, data] of LITERALS) {
      if (this.#took(word) && (embedded || this.#at >= this.#tokens.length)) return data;
      this.#at = before;
    }
    return undefined;
  }

  #nested(): SchemaAndValue | undefined {
    if (this.#took("[")) return this.#list();
    return this.#took("{") ? this.#map() : undefined;
  }

  #list(): SchemaAndValue {
    const of = new Common();
    const values: DataValue[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#took("]")) {
        const { schema } = of;
        if (schema !== undefined && values.includes(null)) break; // types that are found here take no null
        return {
          schema: { ...plain("array"), ...(schema === undefined ? {} : { valueSchema: schema }) },
          value: values,
        };
      }
      if (this.#took(",")) break;
      const element = this.#element();
      of.add(element);
      values.push(element.value);
      const before = this.#at;
      if (this.#took("]")) this.#at = before;
      else if (!this.#took(",")) break;
    }
    throw new NotNested();
  }

  #map(): SchemaAndValue {
    const [ofKeys, ofValues] = [new Common(), new Common()];
    const pairs: (readonly [DataValue, DataValue])[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#took("}")) {
        if (ofKeys.schema !== undefined && ofValues.schema !== undefined && pairs.some(([, value]) => value === null))
          break;
        return { schema: mapSchema(ofKeys.schema, ofValues.schema), value: mapOf(pairs) };
      }
      if (this.#took(",")) break;
      const key = this.#element();
      if (key.value === null || !this.#took(":")) break;
      const value = this.#element();
      pairs.push([key.value, value.value]);
      this.#took(",");
      ofKeys.add(key);
      ofValues.add(value);
    }
    throw new NotNested();
  }

  #quoted(): SchemaAndValue {
    let text = "";
    while (this.#at < this.#tokens.length && !this.#took('"')) text += this.#next();
    return temporal(text) ?? { schema: plain("string"), value: text };
  }

  #scalar(token: string): SchemaAndValue | undefined {
    if (/^\d/.test(token)) {
      // The colons of a time are tokens of their own.
      const rest = this.#tokens.slice(this.#at, this.#at + 4);
      const time = rest.length === 4 ? temporal(token + rest.join("")) : undefined;
      if (time !== undefined) this.#at += 4;
      const found = time ?? temporal(token);
      if (found !== undefined) return found;
    }
    return /^[\d+-]/.test(token) ? number(token) : undefined;
  }
}

const LITERALS: readonly (readonly [string, SchemaAndValue])[] = [
  ["null", NULL],
  ["true", { schema: plain("boolean"), value: true }],
  ["false", { schema: plain("boolean"), value: false }],
];

function blank(token: string): boolean {
  return token.trim() === "";
}

/** Delimiters that no backslash precedes, and what stands between them. */
function tokens(text: string): string[] {
  return text.match(/[:,{}[\]"]|(?:\\[^]?|[^\\:,{}[\]"])+/g) ?? [];
}

function mapSchema(keySchema: Schema | undefined, valueSchema: Schema | undefined): Schema {
  if (keySchema === undefined) return plain("map");
  return { ...plain("map"), keySchema, ...(valueSchema === undefined ? {} : { valueSchema }) };
}

function mapOf(pairs: readonly (readonly [DataValue, DataValue])[]): DataValue {
  return pairs.every(([key]) => typeof key === "string")
    ? (Object.fromEntries(pairs as readonly (readonly [string, DataValue])[]) as DataValue)
    : new Map(pairs);
}

/** The schema that all of some values have, if there is one. Numbers are widened. */
class Common {
  schema: Schema | undefined;
  #none = false;

  add({ schema }: SchemaAndValue): void {
    if (schema === null || this.#none) return;
    this.schema = this.schema === undefined ? schema : merged(this.schema, schema);
    this.#none = this.schema === undefined;
  }
}

function merged(a: Schema, b: Schema): Schema | undefined {
  if (a.type === b.type) return b;
  const [i, j] = [NUMBERS.findIndex((type) => type === a.type), NUMBERS.findIndex((type) => type === b.type)];
  if (i < 0 || j < 0) return undefined;
  return i < j ? b : a;
}

const TEMPORAL: Readonly<Record<number, { readonly pattern: RegExp; readonly schema: Schema }>> = {
  10: { pattern: /^(\d+)-(\d+)-(\d+)()()()()/, schema: { type: "int32", optional: false, name: DATE, version: 1 } },
  13: {
    pattern: /^()()()(\d+):(\d+):(\d+)\.(\d+)Z/,
    schema: { type: "int32", optional: false, name: TIME, version: 1 },
  },
  24: {
    pattern: /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z/,
    schema: { type: "int64", optional: false, name: TIMESTAMP, version: 1 },
  },
};

function temporal(token: string): SchemaAndValue | undefined {
  const text = token.replaceAll("\\:", ":");
  const type = TEMPORAL[text.length];
  const parts = type?.pattern.exec(text)?.slice(1);
  if (type === undefined || parts === undefined) return undefined;
  const [year = 1970, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.map((part) =>
    part === "" ? undefined : Number(part),
  );
  const date = new Date(0);
  // Not Date.UTC, which takes the year 26 for 1926.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds, ms);
  return { schema: type.schema, value: date };
}

const NUMBER = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/;

function number(token: string): SchemaAndValue | undefined {
  const parts = NUMBER.exec(token);
  if (parts === null) return undefined;
  const [, whole = "", fraction = parts[3] ?? "", , exponent = "0"] = parts;
  const scale = fraction.length - Number(exponent);
  const unscaled = BigInt(whole + fraction) * (token.startsWith("-") ? -1n : 1n);
  const integer = integerOf(unscaled, scale);
  if (integer !== undefined) {
    const type = NUMBERS.slice(0, 4).find((_, i) => BigInt.asIntN(8 << i, integer) === integer);
    const value = Number(integer);
    if (type !== undefined) return { schema: plain(type), value: Number.isSafeInteger(value) ? value : integer };
  }
  const value = Number(token);
  if (scale !== 0 && Number.isFinite(Math.fround(value)))
    return { schema: plain("float32"), value: Math.fround(value) };
  if (scale !== 0 && Number.isFinite(value)) return { schema: plain("float64"), value };
  const schema: Schema = { ...plain("bytes"), name: DECIMAL, version: 1, parameters: { scale: String(scale) } };
  return { schema, value: new Decimal(unscaled, scale) };
}

/** A whole number of at most 64 bits. */
function integerOf(unscaled: bigint, scale: number): bigint | undefined {
  if (unscaled === 0n || scale === 0) return unscaled;
  if (scale < 0) return scale < -19 ? undefined : unscaled * 10n ** BigInt(-scale);
  if (scale > String(unscaled).length) return undefined;
  const unit = 10n ** BigInt(scale);
  return unscaled % unit === 0n ? unscaled / unit : undefined;
}
