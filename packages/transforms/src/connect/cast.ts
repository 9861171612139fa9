import { DATE, DECIMAL, type DataValue, type Field, type Schema, TandemError, TIME, TIMESTAMP } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, OptionsError, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { CAST_TYPES, type CastType, castValue } from "./cast-values.ts";
import { structLike } from "./derived-schema.ts";
import { copyOf, fieldOf, perSchema, type Preset, presetsOf } from "./fields.ts";
import { requireFields } from "./value-of.ts";

const options = z.strictObject({
  spec: option
    .list()
    .describe(
      `Fields and their types, such as \`id:int64,price:string\`, or one type for the whole key or value. Types: ${CAST_TYPES.join(", ")}. Bytes become text only (base64).`,
    ),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

/** Connect's Cast. */
export const cast: TransformDefinition<typeof options> = defineTransform({
  name: "Cast",
  doc: "Makes other types of fields, or of the whole key or value: numbers, booleans and texts become each other. Numbers that are too large lose their high bits, as in Java; text that is no number is an error. Null stays null.",
  aliases: ["org.apache.kafka.connect.transforms.Cast"],
  part: true,
  options,
  create({ "replace.null.with.default": replaceNulls, spec }, { part }) {
    const { fields, whole } = specOf(spec);
    const wholeOf = perSchema((schema) => wholeSchema(schema, whole as CastType));
    const planOf = perSchema((schema) => plan(schema, fields, replaceNulls));
    return (record) => {
      const { schema, value } = record.part(part);
      if (value === null) return record;
      if (whole !== undefined)
        return record.withPart(part, castValue(schema, value, whole), schema === null ? null : wholeOf(schema));
      const from = requireFields(schema, value, "casting fields");
      if (schema === null) {
        const copy = copyOf(from, []);
        for (const [name, type] of fields) own(copy, name, castValue(null, fieldOf(from, name), type));
        return record.withPart(part, copy, null);
      }
      const { casts, made, presets } = planOf(schema);
      if (casts.length === 0 && presets.length === 0) return record;
      const copy = copyOf(from, presets);
      for (const { name, schema: of, type } of casts) own(copy, name, castValue(of, fieldOf(copy, name), type));
      return record.withPart(part, copy, made);
    };
  },
});

interface Spec {
  readonly fields: ReadonlyMap<string, CastType>;
  readonly whole?: CastType;
}

function wrong(message: string): OptionsError {
  return new OptionsError("Cast", [{ path: ["spec"], message }]);
}

function specOf(spec: readonly string[]): Spec {
  const fields = new Map<string, CastType>();
  let whole: CastType | undefined;
  for (const each of spec) {
    const [name = "", type, ...more] = each.replace(/:+$/, "").split(":");
    if (more.length > 0) throw wrong(`"${each}" is no pair such as field:type`);
    if (type === undefined) whole = typeOf(name);
    else fields.set(name.trim(), typeOf(type));
  }
  if (spec.length === 0) throw wrong("says no type");
  if (whole === undefined) return { fields };
  if (spec.length > 1) throw wrong("has one type for the whole key or value: then it cannot have others");
  return { fields, whole };
}

function typeOf(text: string): CastType {
  const name = text.trim().toLowerCase();
  const type = CAST_TYPES.find((each) => each === name);
  if (type === undefined) throw wrong(`"${name}" is no type to cast to (types: ${CAST_TYPES.join(", ")})`);
  return type;
}

interface Plan {
  readonly made: Schema;
  readonly casts: readonly (Field & { readonly type: CastType })[];
  readonly presets: readonly Preset[];
}

function plan(schema: Schema, types: ReadonlyMap<string, CastType>, replaceNulls: boolean): Plan {
  const { fields = [] } = schema;
  const casts = fields.flatMap((field) => {
    const type = types.get(field.name);
    return type === undefined ? [] : [{ ...field, type }];
  });
  const presets = presetsOf(schema, replaceNulls);
  if (casts.length === 0) return { made: schema, casts, presets };
  const made = structLike(
    schema,
    fields.map((field) => {
      const type = types.get(field.name);
      return type === undefined ? field : { name: field.name, schema: castSchema(field.schema, type) };
    }),
  );
  return { made: { ...made, optional: schema.optional }, casts, presets };
}

/** The schema of a cast field: of the old one, only whether it is optional and its default value are left. */
function castSchema(schema: Schema, type: CastType): Schema {
  return { type, optional: schema.optional, ...castDefault(schema, type) };
}

function castDefault(schema: Schema, type: CastType): { readonly default?: DataValue } {
  const preset = castValue(schema, schema.default ?? null, type);
  return preset === null ? {} : { default: preset };
}

const LOGICAL = [DATE, TIME, TIMESTAMP, DECIMAL];

/** The schema of a whole key or value keeps its name. */
function wholeSchema(schema: Schema, type: CastType): Schema {
  if (schema.default !== undefined && schema.name !== undefined && LOGICAL.includes(schema.name))
    throw new TandemError("TRANSFORM_FAILED", `the default value of ${schema.name} cannot be cast to ${type}`);
  const { default: _, fields: _fields, keySchema: _keys, valueSchema: _values, ...basics } = schema;
  return { ...basics, type, ...castDefault(schema, type) };
}
