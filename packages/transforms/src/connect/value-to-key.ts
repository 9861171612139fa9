import { type DataObject, type DataValue, type Field, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { fieldOf, perSchema } from "./fields.ts";
import { fieldValue, requireFields } from "./value-of.ts";

const options = z.strictObject({
  fields: option
    .list()
    .refine((names) => names.length > 0, "names no field")
    .describe("Names of the value's fields that make up the new key."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

/** Connect's ValueToKey. */
export const valueToKey: TransformDefinition<typeof options> = defineTransform({
  name: "ValueToKey",
  doc: "Makes the key of fields of the value. The record stays in its partition, so that its lane keeps its order.",
  aliases: ["org.apache.kafka.connect.transforms.ValueToKey"],
  options,
  create({ fields: given, "replace.null.with.default": replaceNulls }) {
    const names = [...new Set(given)];
    const keySchema = perSchema((schema): Schema => ({
      type: "struct",
      optional: false,
      fields: names.map((name) => requiredField(schema, name)),
    }));
    return (record) => {
      const { value, valueSchema } = record;
      const fields = requireFields(valueSchema, value, "copying fields from value to key");
      if (valueSchema === null)
        return record.with({ key: made(names, (name) => fieldOf(fields, name)), keySchema: null });
      const schema = keySchema(valueSchema);
      return record.with({ key: keyOf(fields, schema, replaceNulls), keySchema: schema });
    };
  },
});

function keyOf(value: DataObject, { fields = [] }: Schema, replaceNulls: boolean): DataObject {
  const key: Record<string, DataValue> = {};
  for (const field of fields) own(key, field.name, fieldValue(value, field, replaceNulls));
  return key;
}

function made(names: readonly string[], of: (name: string) => DataValue): DataObject {
  const key: Record<string, DataValue> = {};
  for (const name of names) own(key, name, of(name));
  return key;
}

function requiredField(schema: Schema, name: string): Field {
  const field = schema.fields?.find((each) => each.name === name);
  if (field === undefined) throw new TandemError("RECORD_MALFORMED", `the value has no field "${name}"`);
  return field;
}
