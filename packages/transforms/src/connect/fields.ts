import type { DataObject, DataValue, Schema } from "@tandem-cdc/core";
import { own } from "../json/json-values.ts";

/** Keeps what is made of a schema as long as the schema lives. */
export function perSchema<T>(make: (schema: Schema) => T): (schema: Schema) => T {
  const known = new WeakMap<Schema, T>();
  return (schema) => {
    let made = known.get(schema);
    if (made === undefined) {
      made = make(schema);
      known.set(schema, made);
    }
    return made;
  };
}

/** What is under a name; null where nothing is. */
export function fieldOf(object: DataObject, name: string): DataValue {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/** A field's default value. */
export interface Preset {
  readonly name: string;
  readonly preset: DataValue;
}

/** The default values that stand in for nulls. */
export function presetsOf({ fields = [] }: Schema, replaceNulls: boolean): readonly Preset[] {
  return fields.flatMap(({ name, schema: { default: preset = null } }) =>
    replaceNulls && preset !== null ? [{ name, preset }] : [],
  );
}

/** A copy that may be written into. */
export function copyOf(object: DataObject, presets: readonly Preset[]): Record<string, DataValue> {
  // A spread is slow to add fields to afterwards, but alone copies a field called __proto__ as what it is.
  const copy: Record<string, DataValue> = Object.hasOwn(object, "__proto__")
    ? { ...object }
    : Object.assign({}, object);
  for (const { name, preset } of presets) if (fieldOf(copy, name) === null) own(copy, name, preset);
  return copy;
}
