import { type DataObject, type DataValue, type Field, type Header, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, OptionsError, type TransformDefinition } from "../define.ts";
import { headerBytes } from "../header-text.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { structLike } from "./derived-schema.ts";
import { fieldOf, perSchema } from "./fields.ts";
import { fieldValue, requireFields } from "./value-of.ts";

const options = z.strictObject({
  fields: option
    .list()
    .refine((names) => names.length > 0, "names no field")
    .describe("Names of the fields that become headers."),
  headers: option
    .list()
    .refine((names) => names.length > 0, "names no header")
    .describe("Names of the headers, in the order of `fields`."),
  operation: option
    .choice(["move", "copy"])
    .describe("`move` takes the fields out of the key or value, `copy` leaves them there as well."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

interface Plan {
  /** Those that become headers. */
  readonly taken: readonly Field[];
  /** Those that stay, and the schema that they make. */
  readonly rest: readonly Field[];
  readonly made: Schema;
}

/** Connect's HeaderFrom. */
export const headerFrom: TransformDefinition<typeof options> = defineTransform({
  name: "HeaderFrom",
  doc: "Moves or copies fields of a struct or a map into headers, as text that Connect reads back.",
  aliases: ["org.apache.kafka.connect.transforms.HeaderFrom"],
  part: true,
  options,
  create({ fields, headers, operation, "replace.null.with.default": replaceNulls }, { part }) {
    if (headers.length !== fields.length)
      throw new OptionsError("HeaderFrom", [{ path: ["headers"], message: "has to name as many as fields does" }]);
    const moves = operation === "move";
    const moved = new Set(fields);
    const planOf = perSchema((schema) => plan(schema, fields, moved));

    return (record) => {
      const { schema, value } = record.part(part);
      const from = requireFields(schema, value, `header ${operation}`);
      const added: Header[] = [...record.headers];
      const add = (i: number, of: DataValue, type: Schema | null): unknown =>
        added.push({ key: headers[i] as string, value: headerBytes(of, type) });

      if (schema === null) {
        for (const [i, name] of fields.entries()) add(i, fieldOf(from, name), null);
        const changed = record.with({ headers: added });
        return moves && fields.some((name) => Object.hasOwn(from, name))
          ? changed.withPart(part, without(from, moved), null)
          : changed;
      }
      const { made, rest, taken } = planOf(schema);
      for (const [i, field] of taken.entries()) add(i, fieldValue(from, field, replaceNulls), field.schema);
      const changed = record.with({ headers: added });
      if (!moves) return changed;
      const left: Record<string, DataValue> = {};
      for (const field of rest) own(left, field.name, fieldValue(from, field, replaceNulls));
      return changed.withPart(part, left, made);
    };
  },
});

function plan(schema: Schema, names: readonly string[], moved: ReadonlySet<string>): Plan {
  const { fields = [] } = schema;
  const rest = fields.filter(({ name }) => !moved.has(name));
  const taken = names.map((name) => {
    const field = fields.find((each) => each.name === name);
    if (field === undefined)
      throw new TandemError("RECORD_MALFORMED", `the struct has no field "${name}" that could become a header`);
    return field;
  });
  return { taken, rest, made: structLike(schema, rest) };
}

function without(map: DataObject, names: ReadonlySet<string>): DataObject {
  const left: Record<string, DataValue> = {};
  for (const name of Object.keys(map)) if (!names.has(name)) own(left, name, map[name] ?? null);
  return left;
}
