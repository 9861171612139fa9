import { type DataObject, type Field, type Schema, type SchemaAndValue, TandemError } from "@tandem-cdc/core";
import { requireObject } from "../connect/value-of.ts";
import { headerData } from "../header-data.ts";
import type { ConnectRecord } from "../record.ts";
import { filled, rebuilt } from "./envelope.ts";

export interface DroppedFieldsOptions {
  /** Name of the header that lists them. */
  readonly header: string;
  readonly fromKey: boolean;
  /** Only fields that are optional are dropped. */
  readonly compatible: boolean;
}

/** Leaves out the fields that a header of the record lists. */
export function droppedFields({
  compatible,
  fromKey,
  header,
}: DroppedFieldsOptions): (record: ConnectRecord) => ConnectRecord {
  const without = cachedWithout();
  return (record) => {
    const names = namesIn(record, header);
    if (names.length === 0) return record;
    let next = record;
    for (const part of fromKey ? (["key", "value"] as const) : (["value"] as const)) {
      const data = next.part(part);
      if (data.value === null) continue;
      const dropped = without(data, names, compatible);
      if (dropped !== undefined) next = next.withPart(part, dropped.value, dropped.schema);
    }
    return next;
  };
}

function namesIn(record: ConnectRecord, name: string): readonly unknown[] {
  const found = record.headers.find(({ key }) => key === name);
  if (found === undefined) return [];
  const { value } = headerData(found.value);
  if (value === null) return [];
  if (!Array.isArray(value))
    throw new TandemError("RECORD_MALFORMED", `header "${name}" does not hold a list of field names`);
  return value;
}

function cachedWithout() {
  const schemas = new WeakMap<Schema, Map<string, Schema>>();
  const schemaWithout = (schema: Schema, dropped: readonly Field[]): Schema => {
    const key = dropped.map(({ name }) => name).join("\0");
    let known = schemas.get(schema);
    if (known === undefined) schemas.set(schema, (known = new Map()));
    let made = known.get(key);
    if (made === undefined) {
      made = { ...rebuilt(schema), fields: (schema.fields ?? []).filter((field) => !dropped.includes(field)) };
      // Every change may name other fields: not without end.
      if (known.size > 256) known.clear();
      known.set(key, made);
    }
    return made;
  };

  return (
    { schema, value }: SchemaAndValue,
    names: readonly unknown[],
    compatible: boolean,
  ): { schema: Schema | null; value: DataObject } | undefined => {
    const object = requireObject(value, "dropping fields");
    if (schema === null)
      return { schema, value: Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) };
    const dropped = (schema.fields ?? []).filter(
      (field) => names.includes(field.name) && (!compatible || field.schema.optional),
    );
    if (compatible && dropped.length === 0) return undefined;
    const next = schemaWithout(schema, dropped);
    const fields = (next.fields ?? []).map((field) => [field.name, filled(object, field.name, field.schema)] as const);
    return { schema: next, value: Object.fromEntries(fields) };
  };
}
