import type { DataValue, Field, Schema } from "@tandem-cdc/core";
import { TIMESTAMP } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, OptionsError, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";
import { structLike } from "./derived-schema.ts";
import { copyOf, perSchema, presetsOf } from "./fields.ts";
import { requireFields } from "./value-of.ts";

const MARK = "A `!` at its end makes it required, a `?` optional, as it is without either.";

const options = z.strictObject({
  "topic.field": option.text().optional().describe(`Name of the field that gets the record's topic. ${MARK}`),
  "partition.field": option.text().optional().describe(`Name of the field that gets the record's partition. ${MARK}`),
  "offset.field": option.text().optional().describe(`Name of the field that gets the record's offset. ${MARK}`),
  "timestamp.field": option.text().optional().describe(`Name of the field that gets the record's timestamp. ${MARK}`),
  "static.field": option.text().optional().describe(`Name of the field that gets \`static.value\`. ${MARK}`),
  "static.value": option.text().optional().describe("What `static.field` gets."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

type Options = z.output<typeof options>;

interface Insertion {
  readonly field: Field;
  /** `typed`: for a field with a schema. */
  readonly of: (record: ConnectRecord, typed: boolean) => DataValue;
}

const SCHEMALESS = { made: null, presets: [] };

/** Connect's InsertField. */
export const insertField: TransformDefinition<typeof options> = defineTransform({
  name: "InsertField",
  doc: "Adds fields to a struct or a map: where the record was read, when it was made, or a fixed text. Null stays null.",
  aliases: ["org.apache.kafka.connect.transforms.InsertField"],
  part: true,
  options,
  create(given, { part }) {
    const insertions = insertionsOf(given);
    const planOf = perSchema((schema) => ({
      made: structLike(schema, (schema.fields ?? []).concat(insertions.map(({ field }) => field))),
      presets: presetsOf(schema, given["replace.null.with.default"]),
    }));
    return (record) => {
      const { schema, value } = record.part(part);
      if (value === null) return record;
      const fields = requireFields(schema, value, "field insertion");
      const { made, presets } = schema === null ? SCHEMALESS : planOf(schema);
      const copy = copyOf(fields, presets);
      for (const { field, of } of insertions) own(copy, field.name, of(record, made !== null));
      return record.withPart(part, copy, made);
    };
  },
});

function insertionsOf(given: Options): readonly Insertion[] {
  const text = given["static.value"];
  const insertions = [
    insertion(given["topic.field"], { type: "string" }, ({ topic }) => topic),
    insertion(given["partition.field"], { type: "int32" }, ({ partition }) => partition),
    insertion(given["offset.field"], { type: "int64" }, ({ offset }) => offset),
    insertion(given["timestamp.field"], { type: "int64", name: TIMESTAMP, version: 1 }, ({ timestamp }, typed) =>
      typed ? new Date(timestamp) : timestamp,
    ),
    insertion(given["static.field"], { type: "string" }, () => text ?? null),
  ].filter((each) => each !== undefined);
  if (insertions.length === 0)
    throw new OptionsError("InsertField", [{ path: [], message: "says no field that is to be inserted" }]);
  if (given["static.field"] !== undefined && text === undefined)
    throw new OptionsError("InsertField", [{ path: ["static.value"], message: "is missing: static.field needs it" }]);
  return insertions;
}

function insertion(
  name: string | undefined,
  schema: Omit<Schema, "optional">,
  of: Insertion["of"],
): Insertion | undefined {
  if (name === undefined) return undefined;
  const marked = name.endsWith("?") || name.endsWith("!");
  return {
    field: { name: marked ? name.slice(0, -1) : name, schema: { ...schema, optional: !name.endsWith("!") } },
    of,
  };
}
