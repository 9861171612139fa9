import { type DataValue, isDataObject, type Schema } from "@tandem-cdc/core";
import type { AvroType } from "../schema.ts";
import { type ConnectType, unusable } from "./avro-json.ts";
import { splitName, UNION } from "./names.ts";
import { kindOf, misfit, ownValue } from "./values.ts";

export function optional(type: ConnectType, { branches }: AvroType, nullAt: number): ConnectType {
  const schema: Schema = { ...type.schema, optional: true };
  return {
    schema,
    read: (reader) => (reader.index(branches.length) === nullAt ? null : type.read(reader)),
    write(writer, value, where) {
      writer.long(value === null ? nullAt : 1 - nullAt);
      if (value !== null) type.write(writer, value, where);
    },
  };
}

/** A struct with a field for each branch: the one that is there says which. */
export function union({ branches }: AvroType, types: readonly (ConnectType | null)[], nullAt: number): ConnectType {
  const names = branches.map(({ kind, name }) =>
    kind === "record" || kind === "enum" || kind === "fixed" ? splitName(name)[1] : kind,
  );
  if (new Set(names).size !== names.length) throw unusable("a union whose branches have one name, but for namespaces");
  const schema: Schema = {
    type: "struct",
    optional: nullAt >= 0,
    name: UNION,
    fields: types.flatMap((type, i) =>
      type === null ? [] : [{ name: names[i] as string, schema: { ...type.schema, optional: true } }],
    ),
  };
  return {
    schema,
    read(reader) {
      const i = reader.index(branches.length);
      return i === nullAt ? null : { [names[i] as string]: (types[i] as ConnectType).read(reader) };
    },
    write(writer, value, where) {
      if (value === null && nullAt >= 0) return writer.long(nullAt);
      if (!isDataObject(value)) throw misfit(schema, kindOf(value), where);
      const i = names.findIndex((name, at) => at !== nullAt && ownValue(value, name) !== null);
      if (i < 0) throw misfit(schema, "none of its branches", where);
      writer.long(i);
      types[i]?.write(writer, value[names[i] as string] as DataValue, where);
    },
  };
}
