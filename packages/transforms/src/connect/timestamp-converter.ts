import type { DataObject, DataValue, Schema } from "@tandem-cdc/core";
import { z } from "zod";
import { dateFormat } from "../dates/date-format.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { structLike } from "./derived-schema.ts";
import { copyOf, fieldOf, perSchema, type Preset, presetsOf } from "./fields.ts";
import { DATE_PATTERN } from "./timestamp-options.ts";
import { PRECISIONS, schemaOf, TARGETS, timestamps, type TimestampType, typeOf } from "./timestamp-values.ts";
import { requireFields } from "./value-of.ts";

const options = z
  .strictObject({
    field: option.text().default("").describe("The field with the timestamp. Empty: the whole key or value is one."),
    "target.type": option.choice(TARGETS).describe("What timestamps become."),
    format: option.text().default("").describe(`How timestamps that are text are written. ${DATE_PATTERN}`),
    "unix.precision": option
      .choice(PRECISIONS)
      .default("milliseconds")
      .describe("The unit of timestamps that are numbers."),
    "replace.null.with.default": option
      .flag()
      .default(true)
      .describe("Whether a field that is null and has a default value is taken for its default value."),
  })
  .refine((given) => given["target.type"] !== "string" || given.format.trim() !== "", {
    path: ["format"],
    message: "is needed where target.type is string",
  });

interface Plan {
  readonly made: Schema;
  readonly presets: readonly Preset[];
  /** Undefined where the schema does not have the field. */
  readonly fieldSchema: Schema | undefined;
}

/** Connect's TimestampConverter. */
export const timestampConverter: TransformDefinition<typeof options> = defineTransform({
  name: "TimestampConverter",
  doc: "Converts timestamps between numbers, text, and Connect's Date, Time and Timestamp: a field, or the whole key or value. Null stays null.",
  aliases: ["org.apache.kafka.connect.transforms.TimestampConverter"],
  part: true,
  options,
  create(given, { part }) {
    const { field, format, "target.type": target, "unix.precision": precision } = given;
    const convert = timestamps(target, precision, format.trim() === "" ? undefined : dateFormat(format));

    const converted = (struct: DataObject, { fieldSchema, presets }: Plan): DataObject => {
      const copy = copyOf(struct, presets);
      // The type is looked at even where there is nothing to convert.
      if (fieldSchema !== undefined) own(copy, field, convert(fieldOf(copy, field), typeOf(fieldSchema)));
      return copy;
    };

    const planOf = perSchema((schema): Plan => {
      requireFields(schema, {}, PURPOSE);
      const fields = schema.fields ?? [];
      const made = structLike(
        schema,
        fields.map((each) =>
          each.name === field ? { name: field, schema: schemaOf(target, each.schema.optional) } : each,
        ),
      );
      const plan = {
        presets: presetsOf(schema, given["replace.null.with.default"]),
        fieldSchema: fields.find(({ name }) => name === field)?.schema,
      };
      const preset = schema.default ?? null;
      return {
        ...plan,
        made: {
          ...made,
          optional: schema.optional,
          ...(preset === null ? {} : { default: converted(requireFields(schema, preset, PURPOSE), { ...plan, made }) }),
        },
      };
    });

    return (record) => {
      const { schema, value } = record.part(part);
      if (field === "") {
        const from: TimestampType | undefined = schema === null ? undefined : typeOf(schema);
        return record.withPart(part, convert(value, from), schema === null ? null : schemaOf(target, schema.optional));
      }
      if (schema !== null) {
        const plan = planOf(schema);
        const struct = value === null ? null : converted(requireFields(schema, value, PURPOSE), plan);
        return record.withPart(part, struct, plan.made);
      }
      if (value === null) return record;
      const map: Record<string, DataValue> = { ...requireFields(null, value, PURPOSE) };
      own(map, field, convert(fieldOf(map, field), undefined));
      return record.withPart(part, map, null);
    };
  },
});

const PURPOSE = "converting timestamps";
