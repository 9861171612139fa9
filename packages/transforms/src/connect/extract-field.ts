import { type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { FIELD_SYNTAX, fieldAt, fieldPath, fieldSyntax, valueInMap, valueInStruct } from "./field-path.ts";
import { perSchema } from "./fields.ts";
import { requireFields } from "./value-of.ts";

const options = z.strictObject({
  field: option.text().describe("Name of the field that is taken, or the path to it."),
  "field.syntax.version": fieldSyntax().default("V1").describe(FIELD_SYNTAX),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

const PURPOSE = "field extraction";

/** Connect's ExtractField. */
export const extractField: TransformDefinition<typeof options> = defineTransform({
  name: "ExtractField",
  doc: "Replaces a struct or a map with one of its fields. Null stays null.",
  aliases: ["org.apache.kafka.connect.transforms.ExtractField"],
  part: true,
  options,
  create({ field, "field.syntax.version": syntax, "replace.null.with.default": withDefault }, { part }) {
    const path = fieldPath(field, syntax);
    const extracted = perSchema((schema): Schema => {
      const found = fieldAt(path, schema);
      if (found === undefined) throw new TandemError("RECORD_MALFORMED", `there is no field "${field}" in the struct`);
      return found.schema;
    });
    return (record) => {
      const { schema, value } = record.part(part);
      const fields = value === null ? null : requireFields(schema, value, PURPOSE);
      if (schema === null) return fields === null ? record : record.withPart(part, valueInMap(path, fields), null);
      const of = extracted(schema);
      return record.withPart(part, fields === null ? null : valueInStruct(path, fields, schema, withDefault), of);
    };
  },
});
