// What Confluent's AvroData calls things: attributes of Avro schemas, parameters of Connect's.

export const NAMESPACE = "io.confluent.connect.avro";
/** Of structs without a name; further ones in a schema have a number behind it. */
export const DEFAULT_NAME: string = `${NAMESPACE}.ConnectDefault`;
/** Of the pairs of maps whose keys are no texts; further ones have a number behind it, and `INTERNAL_TYPE`. */
export const MAP_ENTRY = "MapEntry";
export const INTERNAL_TYPE = "connect.internal.type";
/** Name of the struct that a union is, with a field for each branch. */
export const UNION: string = `${NAMESPACE}.Union`;
/** Parameter of a text that is an enum: its full name; with `.SYMBOL` behind it each of its symbols. */
export const ENUM: string = `${NAMESPACE}.Enum`;
export const ENUM_DOC: string = `${NAMESPACE}.enum.doc.`;
export const RECORD_DOC: string = `${NAMESPACE}.record.doc`;
export const FIELD_DOC: string = `${NAMESPACE}.field.doc.`;
/** Parameter of what has its default value as a field, not as a type. */
export const FIELD_DEFAULT: string = `${NAMESPACE}.field.default`;
export const FIXED_SIZE = "connect.fixed.size";
export const PRECISION = "connect.decimal.precision";
/** What a decimal has that does not say. */
export const ANY_PRECISION = 64;

/** Namespace and name of a full name. */
export function splitName(full: string): readonly [string, string] {
  const dot = full.lastIndexOf(".");
  return [full.slice(0, Math.max(0, dot)), full.slice(dot + 1)];
}
