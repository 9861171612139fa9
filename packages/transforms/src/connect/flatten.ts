import { type DataObject, type DataValue, type Field, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { structLike } from "./derived-schema.ts";
import { fieldOf, perSchema } from "./fields.ts";
import { requireFields, requireObject } from "./value-of.ts";

const options = z.strictObject({
  delimiter: option.text().default(".").describe("Stands between the names of which a field's name is made."),
});

/** Where a field goes, or the fields of a struct. */
interface Leaf {
  readonly name: string;
  readonly target: string;
  readonly preset: DataValue;
}
interface Group {
  readonly name: string;
  readonly steps: readonly (Leaf | Group)[];
}

interface Plan {
  readonly made: Schema;
  readonly steps: Group["steps"];
  /** True where a struct is flat already and becomes what it was. */
  readonly same: boolean;
}

const PURPOSE = "flattening";

/** Connect's Flatten. */
export const flatten: TransformDefinition<typeof options> = defineTransform({
  name: "Flatten",
  doc: "Turns a nested struct or map into a flat one: the names of its fields are made of the names on the way to them. Lists stay what they are.",
  aliases: ["org.apache.kafka.connect.transforms.Flatten"],
  part: true,
  options,
  create({ delimiter }, { part }) {
    const nameOf = (prefix: string, name: string): string => (prefix === "" ? name : prefix + delimiter + name);
    const planOf = perSchema((schema) => plan(schema, nameOf));
    return (record) => {
      const { schema, value } = record.part(part);
      if (value === null) return record;
      const flat: Record<string, DataValue> = {};
      const fields = requireFields(schema, value, PURPOSE);
      if (schema === null) {
        if (isFlat(fields)) return record;
        flattenMap(fields, "", flat, nameOf);
        return record.withPart(part, flat, null);
      }
      const { made, same, steps } = planOf(schema);
      if (same) return record;
      flattenStruct(fields, steps, flat);
      return record.withPart(part, flat, made);
    };
  },
});

function isFlat(map: DataObject): boolean {
  return !Object.values(map).some((each) => isNested(each));
}

function isNested(value: DataValue): value is DataObject | ReadonlyMap<DataValue, DataValue> {
  return value instanceof Map || isDataObject(value);
}

function flattenMap(
  map: DataObject,
  prefix: string,
  flat: Record<string, DataValue>,
  nameOf: (prefix: string, name: string) => string,
): void {
  for (const name of Object.keys(map)) {
    const value = map[name] ?? null;
    if (isNested(value)) flattenMap(requireObject(value, PURPOSE), nameOf(prefix, name), flat, nameOf);
    else own(flat, nameOf(prefix, name), value);
  }
}

function flattenStruct(struct: DataObject, steps: Plan["steps"], flat: Record<string, DataValue>): void {
  for (const step of steps) {
    const value = fieldOf(struct, step.name);
    if ("target" in step) own(flat, step.target, value ?? step.preset);
    else if (value !== null) flattenStruct(requireObject(value, PURPOSE), step.steps, flat);
  }
}

function plan(schema: Schema, nameOf: (prefix: string, name: string) => string): Plan {
  const fields: Field[] = [];

  /** What is above a field makes it optional, and may have a default value for it. */
  const stepsOf = (of: Schema, prefix: string, optional: boolean, above: DataValue): Group["steps"] =>
    (of.fields ?? []).map(({ name, schema: field }): Leaf | Group => {
      const target = nameOf(prefix, name);
      const mayBeNull = optional || field.optional;
      const preset = field.default ?? (isDataObject(above) ? fieldOf(above, name) : null);
      if (field.type === "struct") return { name, steps: stepsOf(field, target, mayBeNull, preset) };
      if (field.type === "map")
        throw new TandemError("RECORD_MALFORMED", `maps with a schema cannot be flattened, such as "${target}"`);
      fields.push({ name: target, schema: flatField(field, mayBeNull, preset) });
      return { name, target, preset: field.default ?? null };
    });

  const steps = stepsOf(schema, "", schema.optional, schema.default ?? null);
  const same =
    !schema.optional && steps.every((step) => "target" in step && step.preset === null) && schema.default === undefined;
  return { made: structLike(schema, fields), steps, same };
}

function flatField(schema: Schema, optional: boolean, preset: DataValue): Schema {
  const { default: _, ...rest } = schema;
  return { ...rest, optional, ...(preset === null ? {} : { default: preset }) };
}
