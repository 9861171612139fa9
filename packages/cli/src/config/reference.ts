import { code, row } from "./markdown.ts";
import { LATER, type Later } from "./later.ts";
import { configSchema } from "./schema.ts";
import { defaultOf, fieldsOf, isOptional, metaOf, type Schema, wordsOf } from "./schema-shape.ts";

/** The page with its generated parts made anew: what stands between `<!-- generated: x -->` and `<!-- end -->`. */
export function refreshed(page: string): string {
  return page.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, part: string, end: string) => {
      const made = PARTS[part];
      if (made === undefined) throw new TypeError(`there is no generated part "${part}"`);
      return `${begin}\n${made()}\n\n${end}`;
    },
  );
}

const PARTS: Readonly<Record<string, () => string>> = { keys, later };

interface Row {
  readonly path: readonly string[];
  readonly schema: Schema;
  /** The outermost group around it that may be left out as a whole. */
  readonly group: readonly string[] | undefined;
}

/** Every key that holds a value, each under the keys that it belongs to. */
function leaves(schema: Schema, path: readonly string[] = [], around?: readonly string[]): Row[] {
  const fields = fieldsOf(schema);
  const self = { path, schema, group: around };
  if (fields === undefined) return [self];
  const group = around ?? (isOptional(schema) ? path : undefined);
  const inner = Object.entries(fields).flatMap(([key, field]) => leaves(field, [...path, key], group));
  // A group that a plain value may stand for.
  return metaOf(schema).shown === undefined ? inner : [self, ...inner];
}

function keys(): string {
  const top: Row[] = [];
  const sections: string[] = [];
  for (const [group, schema] of Object.entries(configSchema.shape)) {
    const rows = leaves(schema, [group]);
    if (fieldsOf(schema) === undefined) top.push(...rows);
    else
      sections.push(
        `### ${group}\n\n${metaOf(schema).description ?? ""}\n\n${table(rows)}`,
        ...variants(schema, [group]),
      );
  }
  return [`### At the top\n\n${table(top)}`, ...sections].join("\n\n");
}

/** A table for each type of a group that has types, with what that type adds to the keys of all. */
function variants(schema: Schema, path: readonly string[]): string[] {
  const { by = "type", fields: ofAll, variants: types = {} } = metaOf(schema);
  const common = new Set(Object.keys((ofAll && fieldsOf(schema)) ?? {}));
  const made = Object.entries(ofAll === undefined ? {} : types).flatMap(([type, variant]) => {
    const rows = leaves(variant, path).filter(
      (row) => row.path.length !== path.length + 1 || !common.has(row.path.at(-1) ?? ""),
    );
    return rows.length === 0 ? [] : [`#### ${path.join(".")} of ${by} ${type}\n\n${table(rows)}`];
  });
  const fields = Object.entries(fieldsOf(schema) ?? {});
  return [...made, ...fields.flatMap(([key, field]) => variants(field, [...path, key]))];
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((each) => {
    const { description = "", shown = "text" } = metaOf(each.schema);
    const words = wordsOf(each.schema)?.map(code).join(", ");
    return row(code(each.path.join(".")), words ?? shown, fallback(each), description);
  });
  return ["| key | value | default | |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

/** The default as it would be written; a key of an optional group is needed only where the group is there. */
function fallback({ group, schema }: Row): string {
  const value = defaultOf(schema);
  if (value !== undefined) return code(typeof value === "string" ? value : JSON.stringify(value));
  if (isOptional(schema)) return "";
  return group === undefined ? "**needed**" : `needed in ${code(group.join("."))}`;
}

function later(): string {
  const lines = LATER.map((entry) => row(`\`${entry.path.join(".")}\``, refusedValues(entry), entry.now));
  return ["| key | not supported yet | until then |", "| --- | --- | --- |", ...lines].join("\n");
}

function refusedValues({ values }: Later): string {
  return values?.map(code).join(", ") ?? "the key";
}
