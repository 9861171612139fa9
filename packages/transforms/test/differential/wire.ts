import { type DataValue, Decimal, isDataObject, type Schema } from "@tandem-cdc/core";
import type { WireSchema } from "@tandem-cdc/testbed";

// Between our values and those of the Java program: JSON with tags.

/** Ours as the Java program takes it. Without a schema, whole numbers are Longs, as Connect's JsonConverter reads them. */
export function toWire(value: DataValue | undefined, schema: Schema | null): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return { $long: String(value) };
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return { $double: String(value) };
    const whole = schema === null ? Number.isInteger(value) : schema.type === "int64";
    return whole ? { $long: String(BigInt(value)) } : value;
  }
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Decimal) return { $decimal: [String(value.unscaled), value.scale] };
  if (Array.isArray(value)) return value.map((each: DataValue) => toWire(each, schema?.valueSchema ?? null));
  if (value instanceof Map)
    return {
      $map: [...(value as ReadonlyMap<DataValue, DataValue>)].map(([key, each]) => [
        toWire(key, schema?.keySchema ?? null),
        toWire(each, schema?.valueSchema ?? null),
      ]),
    };
  if (!isDataObject(value)) throw new TypeError("no value of ours");
  const of = new Map(schema?.fields?.map((field) => [field.name, field.schema]));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      toWire(each, schema?.type === "struct" ? (of.get(name) ?? null) : (schema?.valueSchema ?? null)),
    ]),
  );
}

export function fromWire(wire: unknown, schema: Schema | null): DataValue {
  if (wire === null || wire === undefined) return null;
  if (typeof wire !== "object") return wire as DataValue;
  if (Array.isArray(wire)) return wire.map((each: unknown) => fromWire(each, schema?.valueSchema ?? null));
  const entries = Object.entries(wire);
  const [tag, of] = entries.length === 1 ? (entries[0] as [string, unknown]) : ["", undefined];
  switch (tag) {
    case "$long":
      return whole(of as string);
    case "$int":
      return of as number;
    case "$bytes":
      return new Uint8Array(Buffer.from(String(of), "base64"));
    case "$date":
      return new Date(of as number);
    case "$decimal": {
      const [unscaled, scale] = of as [string, number];
      return new Decimal(BigInt(unscaled), scale);
    }
    case "$double":
      return Number(of);
    case "$map":
      return new Map(
        (of as [unknown, unknown][]).map(([key, each]) => [
          fromWire(key, schema?.keySchema ?? null),
          fromWire(each, schema?.valueSchema ?? null),
        ]),
      );
    default:
  }
  const schemas = new Map(schema?.fields?.map((field) => [field.name, field.schema]));
  return Object.fromEntries(
    entries.map(([name, each]) => [
      name,
      fromWire(each, schema?.type === "struct" ? (schemas.get(name) ?? null) : (schema?.valueSchema ?? null)),
    ]),
  );
}

function whole(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

const schemas = new Map<string, Schema>();

/** One object for equal schemas, as a converter gives them. */
export function schemaFromWire(wire: WireSchema | null): Schema | null {
  if (wire === null) return null;
  const text = JSON.stringify(wire);
  const known = schemas.get(text);
  if (known !== undefined) return known;
  const made = madeSchema(wire);
  schemas.set(text, made);
  return made;
}

function madeSchema({
  default: preset,
  fields,
  keySchema,
  optional = false,
  type,
  valueSchema,
  ...rest
}: WireSchema): Schema {
  const schema: Schema = {
    ...rest,
    type: type as Schema["type"],
    optional,
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => ({ name: field.name, schema: madeSchema(field.schema) })) }),
    ...(keySchema === undefined ? {} : { keySchema: madeSchema(keySchema) }),
    ...(valueSchema === undefined ? {} : { valueSchema: madeSchema(valueSchema) }),
  };
  return preset === undefined || preset === null ? schema : { ...schema, default: fromWire(preset, schema) };
}

export function schemaToWire(schema: Schema | null): WireSchema | null {
  if (schema === null) return null;
  const { default: preset, fields, keySchema, valueSchema, ...rest } = schema;
  return {
    ...rest,
    ...(preset === undefined || preset === null ? {} : { default: toWire(preset, schema) }),
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => ({ name: field.name, schema: schemaToWire(field.schema) as WireSchema })) }),
    ...(keySchema === undefined ? {} : { keySchema: schemaToWire(keySchema) as WireSchema }),
    ...(valueSchema === undefined ? {} : { valueSchema: schemaToWire(valueSchema) as WireSchema }),
  };
}
