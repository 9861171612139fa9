import { type DataValue, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { UNION } from "./names.ts";
import { bytesOf, dateOf, decimalOf, isDate, isDecimal, own, scaleOf, storedDate, unscaledOf } from "./values.ts";

// Default values, as Avro schemas write them: bytes as the characters of their numbers, a union's as its first branch.

/** What a JSON of a schema holds: a BigInt where a number would not do. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json };

function unfit(schema: Schema): TandemError {
  return new TandemError("RECORD_MALFORMED", `a default value does not fit its type: ${schema.name ?? schema.type}`);
}

export function defaultFromJson(schema: Schema, json: unknown): DataValue {
  if (json === null || json === undefined) return null;
  const { type, valueSchema } = schema;
  if (schema.name === UNION) {
    const first = schema.fields?.[0];
    if (first === undefined) throw unfit(schema);
    return { [first.name]: defaultFromJson(first.schema, json) };
  }
  if (isDate(schema)) {
    if (typeof json !== "number") throw unfit(schema);
    return dateOf(schema, json);
  }
  switch (type) {
    case "bytes": {
      if (typeof json !== "string") throw unfit(schema);
      const bytes = new Uint8Array(Buffer.from(json, "latin1"));
      return isDecimal(schema) ? decimalOf(bytes, scaleOf(schema)) : bytes;
    }
    case "array":
      if (!Array.isArray(json) || valueSchema === undefined) throw unfit(schema);
      return json.map((each: unknown) => defaultFromJson(valueSchema, each));
    case "map":
    case "struct": {
      const entries = type === "struct" ? [] : Object.entries(json);
      const value: Record<string, DataValue> = {};
      if (Array.isArray(json)) return mapFromJson(schema, json);
      for (const field of schema.fields ?? [])
        own(value, field.name, defaultFromJson(field.schema, (json as Record<string, unknown>)[field.name]));
      for (const [name, each] of entries) own(value, name, defaultFromJson(valueSchema ?? schema, each));
      return value;
    }
    case "boolean":
      if (typeof json !== "boolean") throw unfit(schema);
      return json;
    case "string":
      if (typeof json !== "string") throw unfit(schema);
      return json;
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "float32":
    case "float64":
      break;
  }
  if (typeof json !== "number") throw unfit(schema);
  return json;
}

function mapFromJson({ keySchema, valueSchema, ...schema }: Schema, pairs: readonly unknown[]): DataValue {
  if (keySchema === undefined || valueSchema === undefined) throw unfit(schema);
  return new Map(
    pairs.map((pair) => {
      const { key, value } = pair as { readonly key?: unknown; readonly value?: unknown };
      return [defaultFromJson(keySchema, key), defaultFromJson(valueSchema, value)] as const;
    }),
  );
}

export function defaultToJson(schema: Schema, value: DataValue): Json {
  if (value === null) return null;
  if (isDate(schema)) return storedDate(schema, value, "a default value");
  const { fields = [], valueSchema } = schema;
  if (isDecimal(schema)) return latin1(bytesOf(unscaledOf(schema, value, "a default value")));
  if (value instanceof Uint8Array) return latin1(value);
  if (Array.isArray(value)) return value.map((each: DataValue) => defaultToJson(valueSchema ?? schema, each));
  if (value instanceof Map)
    return [...(value as ReadonlyMap<DataValue, DataValue>)].map(([key, each]) => ({
      key: defaultToJson(schema.keySchema ?? schema, key),
      value: defaultToJson(valueSchema ?? schema, each),
    }));
  if (isDataObject(value)) {
    if (schema.name === UNION) {
      const [first] = fields;
      const of = first === undefined ? null : (value[first.name] ?? null);
      if (first === undefined || of === null) throw unfit(schema);
      return defaultToJson(first.schema, of);
    }
    const named: readonly (readonly [string, Schema])[] =
      schema.type === "struct"
        ? fields.map((field) => [field.name, field.schema] as const)
        : Object.keys(value).map((name) => [name, valueSchema ?? schema] as const);
    return Object.fromEntries(named.map(([name, of]) => [name, defaultToJson(of, value[name] ?? null)]));
  }
  return value as Json;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
