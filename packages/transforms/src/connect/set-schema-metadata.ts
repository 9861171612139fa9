import { type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { copyOf, fieldOf, perSchema, presetsOf } from "./fields.ts";
import { requireFields } from "./value-of.ts";

const options = z
  .strictObject({
    "schema.name": option.text().optional().describe("The schema's new name."),
    "schema.version": option
      .integer(-(2 ** 31), 2 ** 31 - 1)
      .optional()
      .describe("The schema's new version."),
    "replace.null.with.default": option
      .flag()
      .default(true)
      .describe("Whether a field that is null and has a default value is taken for its default value."),
  })
  .refine(
    (given) => given["schema.name"] !== undefined || given["schema.version"] !== undefined,
    "needs schema.name or schema.version",
  );

/** Connect's SetSchemaMetadata. */
export const setSchemaMetadata: TransformDefinition<typeof options> = defineTransform({
  name: "SetSchemaMetadata",
  doc: "Gives the schema another name or version. A record without a schema is refused, unless it is null.",
  aliases: ["org.apache.kafka.connect.transforms.SetSchemaMetadata"],
  part: true,
  options,
  create(given, { part }) {
    const { "schema.name": name, "schema.version": version } = given;
    const planOf = perSchema((schema) => ({
      made: named(schema, name ?? schema.name, version ?? schema.version),
      presets: presetsOf(schema, given["replace.null.with.default"]),
    }));
    return (record) => {
      const { schema, value } = record.part(part);
      if (schema === null) {
        if (value === null) return record;
        throw new TandemError("RECORD_MALFORMED", "there is no schema that could get a name or version");
      }
      const { made, presets } = planOf(schema);
      if (value === null || presets.length === 0) return record.withPart(part, value, made);
      const fields = requireFields(schema, value, "naming a schema");
      const filled = presets.some((preset) => fieldOf(fields, preset.name) === null);
      return record.withPart(part, filled ? copyOf(fields, presets) : fields, made);
    };
  },
});

/** The same object where nothing changes. */
function named(schema: Schema, name: string | undefined, version: number | undefined): Schema {
  if (schema.name === name && schema.version === version) return schema;
  return { ...schema, ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}
