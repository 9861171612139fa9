import { type DataObject, type DataValue, type Header, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { headerBytes } from "../header-text.ts";
import { fieldOf, raw, requiredField, type Struct } from "./envelope.ts";

/** A field of the change event that goes into the row or into a header: `op`, `source.ts_ms`, `table:TABLE`. */
export interface AddedField {
  /** The struct of the event that has it; null for the event itself. */
  readonly struct: string | null;
  readonly field: string;
  readonly as: string;
}

const OF_THE_EVENT = ["op", "ts_ms", "ts_us", "ts_ns"];
const OF_THE_TRANSACTION = ["id", "total_order", "data_collection_order"];

export function addedField(text: string, prefix: string): AddedField {
  const [path = "", as, ...more] = text.split(":");
  if (more.length > 0) throw new TandemError("CONFIG_INVALID", `"${text}" has more than one colon`);
  const [first = "", second] = path.split(".");
  const field = second ?? first;
  const struct = second === undefined ? structOf(first) : first;
  const name = as === undefined || as === "" ? (second === undefined ? field : `${first}_${field}`) : as;
  return { struct, field, as: prefix + name };
}

function structOf(field: string): string | null {
  if (OF_THE_EVENT.includes(field)) return null;
  if (OF_THE_TRANSACTION.includes(field)) return "transaction";
  return field === "updateDescription" ? field : "source";
}

/** An added field's value, and its schema; undefined where the event has no such field. */
export interface Added {
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: DataValue;
}

export function added(reference: AddedField, event: Struct): Added | undefined {
  const { as: name, field, struct } = reference;
  const schema = event.schema === null ? null : addedSchema(reference, event.schema);
  if (schema === undefined) return undefined;
  const parent = struct === null ? event.value : raw(event.value, struct);
  if (event.schema === null) {
    const holder = [parent, event.value].find((each) => isDataObject(each) && Object.hasOwn(each, field));
    const known = holder !== undefined || (struct !== null && Object.hasOwn(event.value, struct) && parent === null);
    return known ? { name, schema, value: holder === undefined ? null : raw(holder as DataObject, field) } : undefined;
  }
  if (!isDataObject(parent)) return { name, schema, value: null };
  const of = struct === null ? event.schema : requiredField(event.schema, struct);
  const holder = fieldOf(of, field) === undefined ? event.value : parent;
  return { name, schema, value: raw(holder, field) };
}

/** The schema that an added field has: optional, because not every event has it. */
export function addedSchema({ field, struct }: AddedField, event: Schema): Schema | undefined {
  const parent = struct === null ? event : requiredField(event, struct);
  const found = fieldOf(parent, field) ?? fieldOf(event, field);
  if (found === undefined) return undefined;
  const { default: _, ...schema } = found;
  return { ...schema, optional: true };
}

/** Headers of the added fields. A tombstone has but one to tell: that it follows a delete. */
export function addedHeaders(references: readonly AddedField[], event: Struct | undefined): Header[] {
  if (event === undefined)
    return references
      .filter(({ field }) => field === "op")
      .map(({ as }) => ({ key: as, value: headerBytes("d", null) }));
  return references
    .map((reference) => added(reference, event))
    .filter((one) => one !== undefined)
    .map(({ name, schema, value }) => ({ key: name, value: headerBytes(value, schema) }));
}
