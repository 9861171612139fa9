import { type DataObject, type DataValue, type Field, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { fieldValue, requireObject } from "./value-of.ts";

// Connect's two syntaxes of paths to fields: V1 takes the text as one name; V2 goes into nested fields by dots, and a name
// between backticks may contain dots (`foo.bar`.baz).

export type FieldSyntax = "V1" | "V2";

/** Names of fields, from the outside in. */
export type FieldPath = readonly string[];

/** The option `field.syntax.version`. */
export function fieldSyntax(): z.ZodType<FieldSyntax, FieldSyntax | "v1" | "v2"> {
  return z
    .preprocess((given) => (typeof given === "string" ? given.toUpperCase() : given), z.enum(["V1", "V2"]))
    .meta({ shown: "V1, V2" }) as z.ZodType<FieldSyntax, FieldSyntax | "v1" | "v2">;
}

export const FIELD_SYNTAX =
  "`V1`: a path is the name of a field at the root. `V2`: dots lead into nested fields, and a name that contains dots stands between backticks.";

export function fieldPath(text: string, syntax: FieldSyntax): FieldPath {
  return syntax === "V1" ? [text] : nestedPath(text);
}

function nestedPath(text: string): FieldPath {
  const path: string[] = [];
  let at = 0;
  while (at < text.length) {
    const { name, next } = text[at] === "`" ? quotedName(text, at) : bareName(text, at);
    path.push(name);
    at = next;
  }
  // A dot at the end leads to a field without a name.
  if (text.endsWith(".")) path.push("");
  return path;
}

interface Named {
  readonly name: string;
  /** Where the next name begins. */
  readonly next: number;
}

function bareName(text: string, from: number): Named {
  const dot = text.indexOf(".", from);
  const end = dot < 0 ? text.length : dot;
  return { name: text.slice(from, end), next: end + 1 };
}

/** A backtick closes a name where a dot or the end of the text follows; behind a backslash it belongs to the name. */
function quotedName(text: string, open: number): Named {
  let name = "";
  let from = open + 1;
  for (let tick = text.indexOf("`", from); tick >= 0; tick = text.indexOf("`", tick + 1)) {
    const last = tick === text.length - 1;
    if (!last && text[tick + 1] !== ".") continue;
    if (text[tick - 1] !== "\\") return { name: name + text.slice(from, tick), next: tick + 2 };
    if (last) break;
    name += `${text.slice(from, tick - 1)}\``;
    from = tick + 1;
  }
  throw new TandemError(
    "CONFIG_INVALID",
    `the path "${text}" has a backtick at ${open} that none closes: close the name, or put a backslash before the backtick`,
  );
}

/** The field at the end of the path. Throws where the path leads through something that has no fields. */
export function fieldAt(path: FieldPath, schema: Schema): Field | undefined {
  let field: Field | undefined;
  let within = schema;
  for (const name of path) {
    if (within.type !== "struct")
      throw new TandemError(
        "RECORD_MALFORMED",
        `there is no field "${name}" in ${within.type}: only structs have fields`,
      );
    field = within.fields?.find((each) => each.name === name);
    if (field === undefined) return undefined;
    within = field.schema;
  }
  return field;
}

/** The value at the end of the path in a struct; null where it, or what leads to it, is absent. */
export function valueInStruct(path: FieldPath, struct: DataObject, schema: Schema, withDefault: boolean): DataValue {
  let value: DataValue = struct;
  let within = schema;
  for (const [i, name] of path.entries()) {
    if (value === null) return null;
    const field = within.fields?.find((each) => each.name === name);
    if (field === undefined) return null;
    const last = i === path.length - 1;
    value = fieldValue(requireObject(value, "nested field access"), field, withDefault || !last);
    within = field.schema;
  }
  return value;
}

/** The same without a schema. */
export function valueInMap(path: FieldPath, map: DataObject): DataValue {
  let value: DataValue = map;
  for (const name of path) {
    if (value === null) return null;
    const fields = requireObject(value, "nested field access");
    value = Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
  }
  return value;
}
