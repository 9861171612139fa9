import { type DataObject, type DataValue, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import type { ConnectRecord } from "../record.ts";
import { structLike } from "../connect/derived-schema.ts";
import { requireObject } from "../connect/value-of.ts";

/** A value that has fields, and its schema; null where it has none. */
export interface Struct {
  readonly schema: Schema | null;
  readonly value: DataObject;
}

/**
 * A record's change event: by the name of its schema, as Debezium knows its own, and without a schema by its look (which
 * Debezium lets pass). Undefined for all other records, tombstones too.
 */
export function envelopeOf(record: ConnectRecord): Struct | undefined {
  if (record.isTombstone) return undefined;
  const { value, valueSchema: schema } = record;
  if (value === null) return undefined;
  if (schema === null) return isDataObject(value) && looksLikeEvent(value) ? { schema, value } : undefined;
  if (schema.name === undefined || !schema.name.endsWith(".Envelope")) return undefined;
  return { schema, value: requireObject(value, "a change event") };
}

function looksLikeEvent(value: DataObject): boolean {
  return (
    typeof value["op"] === "string" &&
    isDataObject(value["source"]) &&
    (Object.hasOwn(value, "after") || Object.hasOwn(value, "before"))
  );
}

/** True where the value is null, with or without a schema. */
export function hasNoValue(record: ConnectRecord): boolean {
  return record.isTombstone || record.value === null;
}

/** The schema of a field; undefined where there is none. */
export function fieldOf(schema: Schema, name: string): Schema | undefined {
  if (schema.type !== "struct") throw new TandemError("RECORD_MALFORMED", `a ${schema.type} has no field "${name}"`);
  return schema.fields?.find((field) => field.name === name)?.schema;
}

/** A field as it stands there; null where it is missing. */
export function raw(value: DataObject, name: string): DataValue {
  return (Object.hasOwn(value, name) ? value[name] : null) ?? null;
}

/** A field, or the default value of its schema. */
export function filled(value: DataObject, name: string, schema: Schema | null | undefined): DataValue {
  return raw(value, name) ?? schema?.default ?? null;
}

/** A field that has to be a struct, of an event that has to have it. */
export function structIn({ schema, value }: Struct, name: string): Struct | null {
  const inner = raw(value, name);
  const of = schema === null ? null : requiredField(schema, name);
  return inner === null ? null : { schema: of, value: requireObject(inner, `field "${name}"`) };
}

export function requiredField(schema: Schema, name: string): Schema {
  const field = fieldOf(schema, name);
  if (field === undefined)
    throw new TandemError("RECORD_MALFORMED", `${schema.name ?? "the value"} has no field "${name}"`);
  return field;
}

/** A field that has to be text. */
export function textIn({ schema, value }: Struct, name: string): string | null {
  const of = schema === null ? null : requiredField(schema, name);
  const text = filled(value, name, of);
  if ((of !== null && of.type !== "string") || (text !== null && typeof text !== "string"))
    throw new TandemError("RECORD_MALFORMED", `field "${name}" is no text`);
  return text;
}

/** A struct with one more field, which it may not have yet. */
export function withField(schema: Schema, name: string, of: Schema): Schema {
  if (fieldOf(schema, name) !== undefined)
    throw new TandemError("RECORD_MALFORMED", `${schema.name ?? "the value"} has a field "${name}" already`);
  return { ...schema, fields: [...(schema.fields ?? []), { name, schema: of }] };
}

/** The same schema that is not optional and has no default value. */
export function rebuilt(schema: Schema): Schema {
  return structLike(schema, schema.fields ?? []);
}

/** What a function made of a schema is made once. */
export function perSchema<T>(make: (schema: Schema) => T): (schema: Schema) => T {
  const made = new WeakMap<Schema, { readonly of: T }>();
  return (schema) => {
    let known = made.get(schema);
    if (known === undefined) made.set(schema, (known = { of: make(schema) }));
    return known.of;
  };
}
