import type { DataObject, DataValue, Schema, SchemaAndValue } from "@tandem-cdc/core";
import { parse } from "lossless-json";

// JSON text of a column as data with a schema that is made from what is in it.

/** A number, as it is written: `1.0` is no whole number. */
class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Json = null | boolean | string | Written | readonly Json[] | { readonly [name: string]: Json };

/** The text holds something that no schema can be made for. */
class NoSchema extends Error {}

/** Undefined where the text is not the JSON of an object or a list, or where its lists hold different things. */
export function jsonPayload(text: string, name: string, nullsAreBytes: boolean): SchemaAndValue | undefined {
  if (!text.startsWith("{") && !text.startsWith("[")) return undefined;
  try {
    const json = parse(text, null, {
      parseNumber: (written) => new Written(written),
      onDuplicateKey: ({ newValue }) => newValue,
    }) as Json;
    const schema = schemaOf(json, name, nullsAreBytes);
    return schema === undefined ? undefined : { schema, value: valueOf(json, schema) };
  } catch (thrown) {
    if (thrown instanceof NoSchema || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

const optional = (type: Schema["type"]): Schema => ({ type, optional: true });

function numberType({ text }: Written): Schema["type"] {
  if (!/^-?\d+$/.test(text)) return "float64";
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return "int32";
  if (BigInt.asIntN(64, value) === value) return "int64";
  throw new NoSchema();
}

function schemaOf(json: Json, name: string | null, nullsAreBytes: boolean): Schema | undefined {
  if (json === null) return nullsAreBytes ? optional("bytes") : undefined;
  if (typeof json === "string") return optional("string");
  if (typeof json === "boolean") return optional("boolean");
  if (json instanceof Written) return optional(numberType(json));
  if (isList(json)) {
    if (json.length === 0) return undefined;
    return { ...optional("array"), valueSchema: elementSchema(json, name, nullsAreBytes) };
  }
  const fields = Object.entries(json).flatMap(([field, value]) => {
    const schema = schemaOf(value, name === null || name.trim() === "" ? field : `${name}.${field}`, nullsAreBytes);
    return schema === undefined ? [] : [{ name: field, schema }];
  });
  return { ...optional("struct"), ...(name === null ? {} : { name }), fields };
}

function elementSchema(list: readonly Json[], name: string | null, nullsAreBytes: boolean): Schema {
  const present = list.filter((each) => each !== null);
  const [first = null] = present;
  if (present.some((each) => kind(each) !== kind(first))) throw new NoSchema();
  if (!isObject(first)) {
    const schema = schemaOf(first, null, nullsAreBytes);
    if (schema === undefined) throw new NoSchema();
    return schema;
  }
  const schemas = present.map((each) => schemaOf(each, name, nullsAreBytes)).filter((each) => each !== undefined);
  const different = schemas.filter((each, i) => schemas.findIndex((other) => same(each, other)) === i);
  return different.reduce(merged);
}

/** Lists hold values of one kind, and numbers of one type. */
function kind(json: Json): string {
  if (json instanceof Written) return numberType(json);
  return isList(json) ? "list" : typeof json;
}

/** All fields of both; what was null in one has the other's type. */
function merged(a: Schema, b: Schema): Schema {
  const fields = new Map((a.fields ?? []).map((field) => [field.name, field.schema]));
  for (const { name, schema } of b.fields ?? []) {
    const known = fields.get(name);
    if (known === undefined || (known.type === "bytes" && schema.type !== "bytes")) fields.set(name, schema);
  }
  return {
    type: "struct",
    optional: false,
    ...(a.name === undefined ? {} : { name: a.name }),
    fields: [...fields].map(([name, schema]) => ({ name, schema })),
  };
}

function same(a: Schema, b: Schema): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function valueOf(json: Json, schema: Schema): DataValue {
  if (json === null || typeof json === "string" || typeof json === "boolean") return json;
  if (json instanceof Written) {
    const value = Number(json.text);
    return schema.type === "int64" && !Number.isSafeInteger(value) ? BigInt(json.text) : value;
  }
  if (isList(json)) {
    const { valueSchema } = schema;
    return valueSchema === undefined ? [] : json.map((each) => valueOf(each, valueSchema));
  }
  const fields = (schema.fields ?? [])
    .filter((field) => Object.hasOwn(json, field.name))
    .map((field): [string, DataValue] => [field.name, valueOf(json[field.name] ?? null, field.schema)]);
  return Object.fromEntries(fields) satisfies DataObject;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function isObject(json: Json): json is { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !isList(json) && !(json instanceof Written);
}
