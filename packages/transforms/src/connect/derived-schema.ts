import { type Field, type Schema, TandemError } from "@tandem-cdc/core";

/** A struct of other fields that keeps what else the schema says of itself. It is not optional and has no default value. */
export function structLike({ doc, name, parameters, version }: Schema, fields: readonly Field[]): Schema {
  return {
    type: "struct",
    optional: false,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(doc === undefined ? {} : { doc }),
    ...(parameters === undefined ? {} : { parameters }),
    fields: distinct(fields),
  };
}

/** Throws where two fields have one name. */
export function distinct(fields: readonly Field[]): readonly Field[] {
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) throw new TandemError("TRANSFORM_FAILED", `a struct cannot have two fields "${name}"`);
    names.add(name);
  }
  return fields;
}
