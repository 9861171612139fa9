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
}

/** Every key that holds a value, each under the keys that it belongs to. */
function leaves(schema: Schema, path: readonly string[] = []): Row[] {
  const fields = fieldsOf(schema);
  if (fields === undefined) return [{ path, schema }];
  return Object.entries(fields).flatMap(([key, field]) => leaves(field, [...path, key]));
}

function keys(): string {
  const top: Row[] = [];
  const sections: string[] = [];
  for (const [group, schema] of Object.entries(configSchema.shape)) {
    const rows = leaves(schema, [group]);
    if (fieldsOf(schema) === undefined) top.push(...rows);
    else sections.push(`### ${group}\n\n${metaOf(schema).description ?? ""}\n\n${table(rows)}`);
  }
  return [`### At the top\n\n${table(top)}`, ...sections].join("\n\n");
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ path, schema }) => {
    const { description = "", shown = "text" } = metaOf(schema);
    return row(
      `\`${path.join(".")}\``,
      wordsOf(schema)?.map(code).join(", ") ?? shown,
      fallback(path, schema),
      description,
    );
  });
  return ["| key | value | default | |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

/** The default as it would be written; a key of an optional group is needed only where the group is there. */
function fallback(path: readonly string[], schema: Schema): string {
  const value = defaultOf(schema);
  if (value !== undefined) return code(typeof value === "string" ? value : JSON.stringify(value));
  if (isOptional(schema)) return "";
  const group = ancestors(path).find(({ schema }) => isOptional(schema));
  return group === undefined ? "**needed**" : `needed in \`${group.path.join(".")}\``;
}

function ancestors(path: readonly string[]): Row[] {
  const found: Row[] = [];
  let at: Schema | undefined = configSchema;
  for (const [i, key] of path.slice(0, -1).entries()) {
    at = at === undefined ? undefined : fieldsOf(at)?.[key];
    if (at !== undefined) found.push({ path: path.slice(0, i + 1), schema: at });
  }
  return found;
}

function later(): string {
  const lines = LATER.map((entry) => row(`\`${entry.path.join(".")}\``, refusedValues(entry), entry.now));
  return ["| key | not supported yet | until then |", "| --- | --- | --- |", ...lines].join("\n");
}

function refusedValues({ accepts, values, when }: Later): string {
  if (values !== undefined) return values.map(code).join(", ");
  if (accepts !== undefined) return `everything but ${code(accepts)}, which is accepted and not in force yet`;
  return when === undefined ? "the key" : "every other value";
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
