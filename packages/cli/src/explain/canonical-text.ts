/** A value in readable form: as JSON and, where it is a single one, as it is. */
interface Shown {
  readonly json: string;
  readonly value?: string | number | null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le");

/**
 * What bytes say that are a value in canonical form, of JSON or of Avro; undefined where they are neither. Identities hold
 * values in these forms, which are made to be compared. Tags and lengths have to fit to the last byte.
 */
export function canonicalText(bytes: Uint8Array): string | number | null | undefined {
  for (const read of [jsonValue, avroValue]) {
    const reader = new Bytes(bytes);
    try {
      const { json, value = json } = read(reader);
      if (reader.at === bytes.length) return value;
    } catch (thrown) {
      if (!(thrown instanceof NoValue) && !(thrown instanceof TypeError) && !(thrown instanceof RangeError))
        throw thrown;
    }
  }
  return undefined;
}

class NoValue extends Error {}

class Bytes {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new NoValue();
    return byte;
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.#bytes.length) throw new NoValue();
    return this.#bytes.subarray(this.at, (this.at += length));
  }

  /** A count of four bytes. */
  count(): number {
    let count = 0;
    for (const byte of this.take(4)) count = count * 256 + byte;
    return count;
  }

  /** A whole number as Avro writes it. */
  varint(): bigint {
    let [number, shift] = [0n, 0n];
    for (;;) {
      const byte = this.byte();
      number |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (number >> 1n) ^ -(number & 1n);
      if ((shift += 7n) > 63n) throw new NoValue();
    }
  }

  sized(): Uint8Array {
    return this.take(Number(this.varint()));
  }
}

const text = (value: string): Shown => ({ json: JSON.stringify(value), value });

/** Numbers that JavaScript has no exact form of stay texts. */
function number(json: string): Shown {
  const value = Number(json);
  const exact = Number.isSafeInteger(value) || (!Number.isInteger(value) && String(value) === json);
  return { json, value: exact ? value : json };
}

function object(fields: readonly (readonly [string, string])[]): Shown {
  return { json: `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}` };
}

const list = (items: readonly string[]): Shown => ({ json: `[${items.join(",")}]` });

/** The form of `@tandem-cdc/debezium` for JSON: a tag, a count of four bytes, the content. */
function jsonValue(bytes: Bytes): Shown {
  const tag = String.fromCodePoint(bytes.byte());
  const count = bytes.count();
  switch (tag) {
    case "l": {
      const json = utf8.decode(bytes.take(count));
      if (json !== "null" && json !== "true" && json !== "false") throw new NoValue();
      return json === "null" ? { json, value: null } : { json };
    }
    case "#":
      return number(plain(utf8.decode(bytes.take(count))));
    case "s":
      return text(utf8.decode(bytes.take(count)));
    case "w":
      return text(utf16.decode(bytes.take(count)));
    case "[":
      return list(many(count, () => jsonValue(bytes).json));
    case "{":
      return object(many(count, () => [String(jsonValue(bytes).value), jsonValue(bytes).json]));
  }
  throw new NoValue();
}

function many<T>(count: number, read: () => T): T[] {
  const items: T[] = [];
  for (let n = 0; n < count; n++) items.push(read());
  return items;
}

/** Zeros that are written out, at most. */
const MOST_ZEROS = 40;

/** `12e1` as 120, `-5e-3` as -0.005. */
function plain(decimal: string): string {
  const match = /^(-?)(\d+)e(-?\d+)$/.exec(decimal);
  if (match === null) {
    if (decimal === "0") return "0";
    throw new NoValue();
  }
  const [, sign = "", digits = "", exponent = ""] = match;
  const power = Number(exponent);
  if (Math.abs(power) > MOST_ZEROS) return decimal;
  return sign + pointed(digits, -power);
}

/** Digits with so many of them behind the point. */
function pointed(digits: string, behind: number): string {
  if (behind <= 0) return digits + "0".repeat(-behind);
  const padded = digits.padStart(behind + 1, "0");
  return `${padded.slice(0, -behind)}.${padded.slice(-behind)}`;
}

/** The form of `@tandem-cdc/avro`: a tag, and Avro's own bytes. */
function avroValue(bytes: Bytes): Shown {
  return avroContent(avroTag(bytes), bytes);
}

interface Tag {
  readonly tag: number;
  readonly scale: number;
}

const DECIMAL = 9;
const END = 0xff;

function avroTag(bytes: Bytes): Tag {
  const tag = bytes.byte();
  return { tag, scale: tag === DECIMAL ? bytes.count() : 0 };
}

function avroContent({ scale, tag }: Tag, bytes: Bytes): Shown {
  switch (tag) {
    case 0:
      return { json: "null", value: null };
    case 1:
      return { json: bytes.byte() === 0 ? "false" : "true" };
    case 3: {
      const taken = bytes.take(8);
      return number(String(new DataView(taken.buffer, taken.byteOffset).getFloat64(0, true)));
    }
    case 4:
      return text(utf8.decode(bytes.sized()));
    case 5:
      return text(`0x${Buffer.from(bytes.sized()).toString("hex")}`);
    case 6: {
      const items: string[] = [];
      for (let of = avroTag(bytes); of.tag !== END; of = avroTag(bytes)) items.push(avroContent(of, bytes).json);
      return list(items);
    }
    case 7: {
      const entries: (readonly [string, string])[] = [];
      for (let of = avroTag(bytes); of.tag !== END; of = avroTag(bytes))
        entries.push([String(avroContent(of, bytes).value), avroValue(bytes).json]);
      return object(entries);
    }
    case 8: {
      const names = many(Number(bytes.varint()), () => [utf8.decode(bytes.sized()), avroTag(bytes)] as const);
      return object(names.map(([name, of]) => [name, avroContent(of, bytes).json]));
    }
    case DECIMAL:
      return { json: scaled(bytes.sized(), scale) };
  }
  // Whole numbers, plain or of a unit.
  if (tag === 2 || (tag >= 0x20 && tag <= 0x2b)) return number(String(bytes.varint()));
  throw new NoValue();
}

function scaled(unscaled: Uint8Array, scale: number): string {
  if (scale > 10_000) throw new NoValue();
  const whole = BigInt.asIntN(unscaled.length * 8, BigInt(`0x0${Buffer.from(unscaled).toString("hex")}`));
  return (whole < 0n ? "-" : "") + pointed(String(whole < 0n ? -whole : whole), scale);
}
