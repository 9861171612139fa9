import type { DataObject, DataValue, Field, Schema } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { own } from "../json/json-values.ts";
import { option } from "../options.ts";
import { structLike } from "./derived-schema.ts";
import { perSchema } from "./fields.ts";
import { fieldValue, requireFields } from "./value-of.ts";

const options = z.strictObject({
  exclude: option.list().default([]).describe("Names of fields that are left out, even if `include` names them."),
  include: option.list().default([]).describe("Names of the fields that stay. Without any, all do."),
  renames: option
    .pairs()
    .refine((pairs) => pairs.every(({ to }) => !to.includes(":")), "has to be pairs such as from:to")
    .default([])
    .describe("New names of fields, such as `foo:bar,abc:xyz`."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a field that is null and has a default value is taken for its default value."),
});

interface Plan {
  readonly made: Schema;
  readonly kept: readonly { readonly from: Field; readonly to: string }[];
  /** True where all fields stay, under their names and with what they have. */
  readonly same: boolean;
}

/** Connect's ReplaceField. */
export const replaceField: TransformDefinition<typeof options> = defineTransform({
  name: "ReplaceField",
  doc: "Leaves fields out, or renames them. Null stays null.",
  aliases: ["org.apache.kafka.connect.transforms.ReplaceField"],
  part: true,
  options,
  create({ exclude, include, renames, "replace.null.with.default": replaceNulls }, { part }) {
    const without = new Set(exclude);
    const only = new Set(include);
    const newNames = new Map(renames.map(({ from, to }) => [from, to]));
    const stays = (name: string): boolean => !without.has(name) && (only.size === 0 || only.has(name));
    const nameOf = (name: string): string => newNames.get(name) ?? name;
    const planOf = perSchema((schema): Plan => {
      const fields = schema.fields ?? [];
      const kept = fields.filter(({ name }) => stays(name)).map((from) => ({ from, to: nameOf(from.name) }));
      const made = structLike(
        schema,
        kept.map(({ from, to }) => ({ name: to, schema: from.schema })),
      );
      const same =
        !schema.optional &&
        schema.default === undefined &&
        kept.length === fields.length &&
        kept.every(({ from, to }) => from.name === to && (!replaceNulls || from.schema.default === undefined));
      return { made, kept, same };
    });
    return (record) => {
      const { schema, value } = record.part(part);
      if (value === null) return record;
      const fields = requireFields(schema, value, "replacing fields");
      if (schema === null) return record.withPart(part, replacedMap(fields, stays, nameOf), null);
      const { kept, made, same } = planOf(schema);
      if (same) return record;
      const struct: Record<string, DataValue> = {};
      for (const { from, to } of kept) own(struct, to, fieldValue(fields, from, replaceNulls));
      return record.withPart(part, struct, made);
    };
  },
});

/** The same object where nothing changes. */
function replacedMap(
  fields: DataObject,
  stays: (name: string) => boolean,
  nameOf: (name: string) => string,
): DataObject {
  const map: Record<string, DataValue> = {};
  let changed = false;
  for (const name of Object.keys(fields)) {
    const stay = stays(name);
    const to = nameOf(name);
    changed ||= !stay || to !== name;
    if (stay) own(map, to, fields[name] ?? null);
  }
  return changed ? map : fields;
}
