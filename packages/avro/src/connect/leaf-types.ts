import { type DataValue, DATE, DECIMAL, type Schema, TIME, TIMESTAMP } from "@tandem-cdc/core";
import type { Reader } from "../reader.ts";
import type { AvroType } from "../schema.ts";
import { malformed } from "../wire.ts";
import { type AvroJson, type ConnectType, schemaOf, unusable } from "./avro-json.ts";
import { ANY_PRECISION, ENUM, ENUM_DOC, FIXED_SIZE, PRECISION, splitName } from "./names.ts";
import { bytesOf, dateOf, decimalOf, kindOf, misfit, scaleOf, storedDate, unscaledOf } from "./values.ts";
import type { Writer } from "./writer.ts";

interface Ways {
  readonly read: (reader: Reader) => DataValue;
  readonly write: (writer: Writer, value: DataValue, schema: Schema, where: string) => void;
}

function made(schema: Schema, { read, write }: Ways): ConnectType {
  return { schema, read, write: (writer, value, where) => write(writer, value, schema, where) };
}

const BOOLEAN: Ways = {
  read: (reader) => reader.boolean(),
  write(writer, value, schema, where) {
    if (typeof value !== "boolean") throw misfit(schema, kindOf(value), where);
    writer.byte(value ? 1 : 0);
  },
};

const numberOf = (value: DataValue, schema: Schema, where: string): number => {
  if (typeof value !== "number" && typeof value !== "bigint") throw misfit(schema, kindOf(value), where);
  return Number(value);
};

const FLOAT: Ways = {
  read: (reader) => reader.float(),
  write: (writer, value, schema, where) => writer.float(numberOf(value, schema, where)),
};

const DOUBLE: Ways = {
  read: (reader) => reader.double(),
  write: (writer, value, schema, where) => writer.double(numberOf(value, schema, where)),
};

const TEXT: Ways = {
  read(reader) {
    const from = reader.span();
    return reader.text(from, reader.at);
  },
  write(writer, value, schema, where) {
    if (typeof value !== "string") throw misfit(schema, kindOf(value), where);
    writer.text(value);
  },
};

/** A view of the payload's memory. */
const slice = ({ at, bytes }: Reader, from: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + from, at - from);

const BYTES: Ways = {
  read(reader) {
    const from = reader.span();
    return slice(reader, from);
  },
  write(writer, value, schema, where) {
    if (!(value instanceof Uint8Array)) throw misfit(schema, kindOf(value), where);
    writer.bytes(value);
  },
};

function readInt(reader: Reader): number {
  const value = reader.long();
  if ((value | 0) !== value) throw malformed(`an int of ${value}`);
  return value;
}

function whole(value: DataValue, schema: Schema, least: number, where: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < least || number > -1 - least)
    throw misfit(schema, kindOf(value), where);
  return number;
}

const dates = (read: (reader: Reader) => number, schema: Schema): ConnectType => ({
  schema,
  read: (reader) => dateOf(schema, read(reader)),
  write: (writer, value, where) => writer.long(storedDate(schema, value, where)),
});

/** Connect's own logical types are of version 1. */
const logical = (name: string, json: AvroJson): AvroJson => ({ "connect.version": 1, ...json, "connect.name": name });

function logicalName(json: AvroJson, names: Readonly<Record<string, string>>): string | undefined {
  const { "connect.name": name, logicalType } = json;
  if (typeof name === "string") return Object.values(names).find((one) => one === name);
  return typeof logicalType === "string" && Object.hasOwn(names, logicalType) ? names[logicalType] : undefined;
}

export function integer(json: AvroJson): ConnectType {
  const name = logicalName(json, { date: DATE, "time-millis": TIME });
  if (name !== undefined) return dates(readInt, schemaOf("int32", logical(name, json)));
  const told = json["connect.type"];
  const type = told === "int8" || told === "int16" ? told : "int32";
  const least = { int8: -(2 ** 7), int16: -(2 ** 15), int32: -(2 ** 31) }[type];
  const schema = schemaOf(type, json);
  return {
    schema,
    read(reader) {
      const value = readInt(reader);
      if (value < least || value > -1 - least) throw malformed(`an ${type} of ${value}`);
      return value;
    },
    write: (writer, value, where) => writer.long(whole(value, schema, least, where)),
  };
}

const LEAST_LONG = -(2n ** 63n);

export function long(json: AvroJson): ConnectType {
  const name = logicalName(json, { "timestamp-millis": TIMESTAMP });
  if (name !== undefined) return dates((reader) => reader.long(), schemaOf("int64", logical(name, json)));
  const schema = schemaOf("int64", json);
  return {
    schema,
    read(reader) {
      const value = reader.long();
      return Number.isSafeInteger(value) ? value : reader.bigInt();
    },
    write(writer, value, where) {
      if (typeof value === "bigint" ? value < LEAST_LONG || value > -1n - LEAST_LONG : !Number.isSafeInteger(value))
        throw misfit(schema, kindOf(value), where);
      writer.long(value as number | bigint);
    },
  };
}

const isDecimalJson = (json: AvroJson): boolean => logicalName(json, { decimal: DECIMAL }) !== undefined;

/** Of bytes, or of a fixed of so many. */
function decimal(json: AvroJson, size: number | null): ConnectType {
  const { precision, scale } = json;
  const schema = schemaOf("bytes", logical(DECIMAL, json), {
    parameters: {
      scale: typeof scale === "number" || typeof scale === "string" ? String(scale) : "0",
      ...(typeof precision === "number" && precision !== ANY_PRECISION ? { [PRECISION]: String(precision) } : {}),
    },
  });
  const digits = scaleOf(schema);
  if (!Number.isInteger(digits) || Math.abs(digits) > 65_535) throw unusable(`a decimal of scale ${digits}`);
  return {
    schema,
    read(reader) {
      let from = reader.at;
      if (size === null) from = reader.span();
      else reader.pass(size);
      return decimalOf(slice(reader, from), digits);
    },
    write(writer, value, where) {
      const unscaled = unscaledOf(schema, value, where);
      const bytes = bytesOf(unscaled);
      if (size === null) return writer.bytes(bytes);
      if (bytes.length > size) throw misfit(schema, `a decimal of ${bytes.length} bytes`, where);
      writer.fixed(new Uint8Array(size - bytes.length).fill(unscaled < 0n ? 0xff : 0));
      writer.fixed(bytes);
    },
  };
}

export function fixed({ name, size }: AvroType, json: AvroJson): ConnectType {
  if (isDecimalJson(json)) return decimal(json, size);
  const schema = schemaOf("bytes", json, { name, parameters: { [FIXED_SIZE]: String(size) } });
  return {
    schema,
    read(reader) {
      const from = reader.at;
      reader.pass(size);
      return slice(reader, from);
    },
    write(writer, value, where) {
      if (!(value instanceof Uint8Array) || value.length !== size) throw misfit(schema, kindOf(value), where);
      writer.fixed(value);
    },
  };
}

export function enumeration({ name, symbols }: AvroType, json: AvroJson): ConnectType {
  const { doc } = json;
  const schema = schemaOf("string", json, {
    name,
    parameters: {
      ...(typeof doc === "string" ? { [ENUM_DOC + splitName(name)[1]]: doc } : {}),
      [ENUM]: name,
      ...Object.fromEntries(symbols.map((symbol) => [`${ENUM}.${symbol}`, symbol])),
    },
  });
  const places = new Map(symbols.map((symbol, i) => [symbol, i]));
  return {
    schema,
    read: (reader) => symbols[reader.index(symbols.length)] as string,
    write(writer, value, where) {
      const place = typeof value === "string" ? places.get(value) : undefined;
      if (place === undefined) throw misfit(schema, kindOf(value), where);
      writer.long(place);
    },
  };
}

export function bytes(json: AvroJson): ConnectType {
  return isDecimalJson(json) ? decimal(json, null) : made(schemaOf("bytes", json), BYTES);
}

export const boolean = (json: AvroJson): ConnectType => made(schemaOf("boolean", json), BOOLEAN);
export const float = (json: AvroJson): ConnectType => made(schemaOf("float32", json), FLOAT);
export const double = (json: AvroJson): ConnectType => made(schemaOf("float64", json), DOUBLE);
export const text = (json: AvroJson): ConnectType => made(schemaOf("string", json), TEXT);
