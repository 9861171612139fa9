import type { Schema } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";

const options = z.strictObject({
  field: option.filledText().describe("Name of the single field that is made."),
});

/** Connect's HoistField. */
export const hoistField: TransformDefinition<typeof options> = defineTransform({
  name: "HoistField",
  doc: "Wraps the value in a struct (a map, without a schema) with one field.",
  aliases: ["org.apache.kafka.connect.transforms.HoistField"],
  part: true,
  options,
  create({ field }, { part }) {
    const schemas = new WeakMap<Schema, Schema>();
    const hoisted = (schema: Schema): Schema => {
      const known = schemas.get(schema);
      if (known !== undefined) return known;
      const made: Schema = { type: "struct", optional: false, fields: [{ name: field, schema }] };
      schemas.set(schema, made);
      return made;
    };
    return (record) => {
      const { schema, value } = record.part(part);
      return record.withPart(part, { [field]: value }, schema === null ? null : hoisted(schema));
    };
  },
});
