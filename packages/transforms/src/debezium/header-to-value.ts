import { type DataObject, type DataValue, type Schema, type SchemaAndValue, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { headerData } from "../header-data.ts";
import { option } from "../options.ts";
import { fieldOf, filled, hasNoValue, raw, rebuilt, withField } from "./envelope.ts";

const names = () =>
  option
    .list()
    .refine((list) => list.length > 0, "must not be empty")
    .refine((list) => !list.some((each) => /\s/.test(each)), "must not have spaces");

const options = z
  .strictObject({
    headers: names().describe("The headers."),
    fields: names().describe(
      "The fields that they become, in the headers' order; `after.trace` is a field of a struct.",
    ),
    operation: option.choice(["move", "copy"]).describe("Whether the headers are removed."),
  })
  .refine(({ fields, headers }) => fields.length === headers.length, {
    path: ["fields"],
    message: "must name as many fields as there are headers",
  });

/** A header's value on its way to a field. */
interface Entry extends SchemaAndValue {
  readonly path: readonly string[];
}

/** Debezium's HeaderToValue. */
export const headerToValue: TransformDefinition<typeof options> = defineTransform({
  name: "HeaderToValue",
  doc: "Puts headers into fields of the value, with the types that they have by their look.",
  aliases: ["io.debezium.transforms.HeaderToValue"],
  options,
  create({ fields, headers, operation }) {
    const paths = fields.map((field) => field.split("."));
    return (record) => {
      if (hasNoValue(record)) return record;
      const value = requireObject(record.value, "adding headers");
      const { valueSchema } = record;
      if (valueSchema !== null) fieldOf(valueSchema, ""); // a struct
      const entries = record.headers.flatMap((header): Entry[] => {
        const path = paths[headers.indexOf(header.key)];
        return path === undefined ? [] : [{ path, ...typedData(header.value) }];
      });
      if (entries.length === 0) return record;
      const kept = operation === "move" ? record.headers.filter(({ key }) => !headers.includes(key)) : record.headers;
      const next =
        valueSchema === null
          ? { value: entries.reduce((made, { path, value: each }) => placed(made, path, each), value), valueSchema }
          : withEntries({ schema: valueSchema, value }, entries);
      return record.with({ ...next, ...(operation === "move" ? { headers: kept } : {}) });
    };
  },
});

/** An empty list is one of texts, as most are: without a type of its elements no converter could write it. */
function typedData(bytes: Uint8Array | null): SchemaAndValue {
  const { schema, value } = headerData(bytes);
  if (schema?.type !== "array" || schema.valueSchema !== undefined || !Array.isArray(value) || value.length > 0)
    return { schema, value };
  return { schema: { ...schema, valueSchema: { type: "string", optional: false } }, value };
}

/** A map with the value at the path, which leads through maps that are there. */
function placed(map: DataObject, [name = "", ...rest]: readonly string[], value: DataValue): DataObject {
  if (rest.length === 0) return { ...map, [name]: value };
  const inner = raw(map, name);
  return inner === null ? map : { ...map, [name]: placed(requireObject(inner, `field "${name}"`), rest, value) };
}

function withEntries(
  of: { schema: Schema; value: DataObject },
  entries: readonly Entry[],
): { value: DataObject; valueSchema: Schema } {
  return { value: withValues(of.value, of.schema, entries), valueSchema: withSchemas(of.schema, entries) };
}

function below(entries: readonly Entry[], name: string): Entry[] {
  return entries.flatMap(({ path: [first, ...path], schema, value }) =>
    first === name && path.length > 0 ? [{ path, schema, value }] : [],
  );
}

function withSchemas(schema: Schema, entries: readonly Entry[]): Schema {
  const known = (schema.fields ?? []).map((field) => {
    const inner = below(entries, field.name);
    if (inner.length === 0) return field;
    fieldOf(field.schema, ""); // a struct
    return { name: field.name, schema: withSchemas(field.schema, inner) };
  });
  for (const { path } of entries)
    if (path.length > 1 && !known.some(({ name }) => name === path[0]))
      throw new TandemError("RECORD_MALFORMED", `the value has no field "${path[0]}" to put "${path.join(".")}" into`);
  const made: Schema = { ...rebuilt(schema), fields: known };
  return entries.reduce((all: Schema, { path, schema: of }): Schema => {
    if (path.length > 1) return all;
    if (of === null)
      throw new TandemError("RECORD_MALFORMED", `the header for field "${path[0]}" is null: it has no type`);
    return withField(all, path[0] ?? "", of);
  }, made);
}

function withValues(value: DataObject, schema: Schema, entries: readonly Entry[]): DataObject {
  const known = (schema.fields ?? []).map((field): [string, DataValue] => {
    const each = filled(value, field.name, field.schema);
    const inner = below(entries, field.name);
    if (inner.length === 0 || each === null) return [field.name, each];
    return [field.name, withValues(requireObject(each, `field "${field.name}"`), field.schema, inner)];
  });
  const added = entries.flatMap(({ path, value: each }): [string, DataValue][] =>
    path.length === 1 ? [[path[0] ?? "", each]] : [],
  );
  return Object.fromEntries([...known, ...added]);
}
