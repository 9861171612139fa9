import { type DataValue, type Field, isDataObject, type Schema, type SchemaType, TandemError } from "@tandem-cdc/core";
import { writeJson } from "./json-text.ts";
import { fromJson, toJson } from "./json-values.ts";

// The schema envelope of Connect's JsonConverter: `{ "schema": {...}, "payload": ... }`.

/** JsonConverter's own names of types. */
const TYPES: Readonly<Record<string, SchemaType>> = {
  boolean: "boolean",
  int8: "int8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  float: "float32",
  double: "float64",
  bytes: "bytes",
  string: "string",
  array: "array",
  map: "map",
  struct: "struct",
};
const NAMES = Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [type, name])) as Record<
  SchemaType,
  string
>;

/** Nesting of a schema. */
const MAX_DEPTH = 100;

function wrong(what: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `the schema of a JSON envelope ${what}`);
}

export function schemaFromJson(json: unknown, depth = 0): Schema {
  if (depth > MAX_DEPTH) throw wrong(`nests deeper than ${MAX_DEPTH}`);
  if (!isDataObject(json)) throw wrong("is not an object");
  const type = typeof json["type"] === "string" && Object.hasOwn(TYPES, json["type"]) ? TYPES[json["type"]] : undefined;
  if (type === undefined) throw wrong("has no type that Connect knows");
  const { doc, name, parameters, version } = json;
  const base: Schema = {
    type,
    optional: json["optional"] === true,
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof version === "number" ? { version } : {}),
    ...(typeof doc === "string" ? { doc } : {}),
    ...(isDataObject(parameters) ? { parameters: parametersOf(parameters) } : {}),
    ...(type === "struct" ? { fields: fieldsOf(json["fields"], depth) } : {}),
    ...(type === "array" ? { valueSchema: schemaFromJson(json["items"], depth + 1) } : {}),
    ...(type === "map"
      ? { keySchema: schemaFromJson(json["keys"], depth + 1), valueSchema: schemaFromJson(json["values"], depth + 1) }
      : {}),
  };
  const byDefault = json["default"];
  return byDefault === undefined || byDefault === null ? base : { ...base, default: fromJson(base, byDefault) };
}

function parametersOf(parameters: Readonly<Record<string, DataValue>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, typeof value === "string" ? value : writeJson(value)]),
  );
}

function fieldsOf(fields: unknown, depth: number): readonly Field[] {
  if (!Array.isArray(fields)) throw wrong("has a struct without a list of fields");
  return fields.map((field: unknown) => {
    const name = isDataObject(field) ? field["field"] : undefined;
    if (typeof name !== "string") throw wrong("has a field without a name");
    return { name, schema: schemaFromJson(field, depth + 1) };
  });
}

export function schemaToJson(schema: Schema): Record<string, unknown> {
  const { doc, fields, keySchema, name, optional, parameters, type, valueSchema, version } = schema;
  return {
    type: NAMES[type],
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => Object.assign(schemaToJson(field.schema), { field: field.name })) }),
    ...(type === "array" && valueSchema !== undefined ? { items: schemaToJson(valueSchema) } : {}),
    ...(type === "map" && keySchema !== undefined && valueSchema !== undefined
      ? { keys: schemaToJson(keySchema), values: schemaToJson(valueSchema) }
      : {}),
    optional,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(doc === undefined ? {} : { doc }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(schema.default === undefined ? {} : { default: toJson(schema, schema.default) }),
  };
}
