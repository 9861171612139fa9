import type { DataObject, DataValue, Schema } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { fieldOf, perSchema, type Preset, presetsOf } from "./fields.ts";
import { emptied, replaced } from "./mask-values.ts";
import { requireFields } from "./value-of.ts";

const options = z.strictObject({
  fields: option
    .list()
    .refine((names) => names.length > 0, "names no field")
    .describe("Names of the fields that are masked."),
  replacement: option
    .filledText()
    .optional()
    .describe("What numbers and texts become, in their own type. Without it they become 0 and the empty text."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

/** What is done to structs of a schema. */
interface Plan {
  readonly masked: readonly { readonly name: string; readonly schema: Schema | null }[];
  readonly presets: readonly Preset[];
}

/** Connect's MaskField. */
export const maskField: TransformDefinition<typeof options> = defineTransform({
  name: "MaskField",
  doc: "Replaces what fields contain: with 0, false, the empty text, list or map, the first moment of 1970, or a text or number of your choice. Null stays null. Bytes and structs cannot be masked.",
  aliases: ["org.apache.kafka.connect.transforms.MaskField"],
  part: true,
  options,
  create({ fields: names, replacement, "replace.null.with.default": replaceNulls }, { part }) {
    const mask = replacement === undefined ? emptied : replaced(replacement);
    const schemaless: Plan = { masked: [...new Set(names)].map((name) => ({ name, schema: null })), presets: [] };
    const planOf = perSchema((schema): Plan => ({
      masked: (schema.fields ?? []).filter(({ name }) => names.includes(name)),
      presets: presetsOf(schema, replaceNulls),
    }));
    return (record) => {
      const { schema, value } = record.part(part);
      const fields = requireFields(schema, value, "masking fields");
      const masked = apply(fields, schema === null ? schemaless : planOf(schema), mask);
      return masked === fields ? record : record.withPart(part, masked, schema);
    };
  },
});

/** The same object where nothing changes. */
function apply(fields: DataObject, { masked, presets }: Plan, mask: typeof emptied): DataObject {
  let copy: Record<string, DataValue> | undefined;
  for (const { name, preset } of presets)
    if (fieldOf(fields, name) === null) own((copy ??= { ...fields }), name, preset);
  for (const { name, schema } of masked) {
    const value = fieldOf(copy ?? fields, name);
    // Without a schema, a field that is absent is there afterwards.
    if (value !== null || (schema === null && !Object.hasOwn(fields, name)))
      own((copy ??= { ...fields }), name, value === null ? null : mask(value, schema));
  }
  return copy ?? fields;
}
