import { type DataObject, type DataValue, type Field, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";

/** A value that has fields: a struct or a map. Connect's `requireStruct` and `requireMap`. */
export function requireObject(value: unknown, purpose: string): DataObject {
  if (!isDataObject(value))
    throw new TandemError(
      "RECORD_MALFORMED",
      `only structs and maps are supported for ${purpose}, not ${kindOf(value)}`,
    );
  return value;
}

/** The fields of a struct, where there is a schema, or of a map. */
export function requireFields(schema: Schema | null, value: DataValue, purpose: string): DataObject {
  if (schema !== null && schema.type !== "struct")
    throw new TandemError("RECORD_MALFORMED", `only structs are supported for ${purpose}, not ${schema.type}`);
  return requireObject(value, purpose);
}

/** Null where the field is absent; its default value, if that is wanted, where it is null. */
export function fieldValue(struct: DataObject, { name, schema }: Field, withDefault: boolean): DataValue {
  const value = Object.hasOwn(struct, name) ? (struct[name] ?? null) : null;
  return value === null && withDefault ? (schema.default ?? null) : value;
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
