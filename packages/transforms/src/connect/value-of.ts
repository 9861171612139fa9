import { type DataObject, isDataObject, TandemError } from "@tandem-cdc/core";

/** A value that has fields: a struct or a map. Connect's `requireStruct` and `requireMap`. */
export function requireObject(value: unknown, purpose: string): DataObject {
  if (!isDataObject(value))
    throw new TandemError(
      "RECORD_MALFORMED",
      `only structs and maps are supported for ${purpose}, not ${kindOf(value)}`,
    );
  return value;
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
