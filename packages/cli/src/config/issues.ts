import type { z } from "zod";
import { type Path, type Problem, problem } from "./problem.ts";
import { configSchema } from "./schema.ts";
import { fieldsOf, metaOf, schemaAt } from "./schema-shape.ts";
import { didYouMean, nearest } from "./suggestion.ts";

type Issue = z.core.$ZodIssue;

const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
  record: "a group of keys",
};

/** The file as the schema got it, and as it was written: references in that are not replaced, so it may be quoted. */
export interface Documents {
  readonly resolved: unknown;
  readonly written: unknown;
}

/** What the schema found wrong, in words. */
export function problemsOf(issues: readonly Issue[], { resolved, written }: Documents): Problem[] {
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? unknownKeys(issue.path, issue.keys, resolved)
      : [problem(issue.path, say(issue, at(written, issue.path), resolved) + quoted(issue.path, written))],
  );
}

function unknownKeys(path: Path, keys: readonly string[], document: unknown): Problem[] {
  const schema = schemaAt(configSchema, path, document);
  const known = Object.keys((schema && fieldsOf(schema)) ?? {});
  return keys.map((key) =>
    problem(
      [...path, key],
      `unknown key${didYouMean(key, known) || elsewhere(key) || `; known here: ${known.join(", ")}`}`,
    ),
  );
}

/** The key exists, but in another place. */
function elsewhere(key: string): string {
  if (nearest(key, Object.keys(configSchema.shape)) === key) return `; "${key}" stands at the top of the file`;
  for (const [group, schema] of Object.entries(configSchema.shape))
    if (fieldsOf(schema)?.[key] !== undefined) return `; did you mean "${group}.${key}"?`;
  return "";
}

function say(issue: Issue, written: unknown, document: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      if (written === undefined) return missing(issue.path, document);
      return `has to be ${EXPECTED[issue.expected] ?? issue.expected}`;
    }
    case "invalid_value": {
      const words = issue.values.map(String);
      return `has to be ${words.length === 1 ? words[0] : `one of ${words.join(", ")}`}${typeof written === "string" ? didYouMean(written, words) : ""}`;
    }
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? `has to be ${String(issue.minimum)} or more`
        : issue.message;
    case "too_big":
      return issue.origin === "number" || issue.origin === "int"
        ? `has to be ${String(issue.maximum)} or less`
        : issue.message;
    case "invalid_format":
    case "not_multiple_of":
    case "unrecognized_keys":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      break;
  }
  return issue.message;
}

function missing(path: Path, document: unknown): string {
  const schema = schemaAt(configSchema, path, document);
  const { description } = schema === undefined ? {} : metaOf(schema);
  return `is missing${description === undefined ? "" : `. ${description}`}`;
}

/** Where values may be secrets: properties of clients, options of stores and of the registry. */
const SECRETIVE = [["kafka"], ["dedup", "store"], ["input", "registry"], ["admin", "token"]] as const;

/** The value as the file has it. */
export function quoted(path: Path, document: unknown): string {
  const value = at(document, path);
  if (SECRETIVE.some((place) => place.every((key, i) => path[i] === key))) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  return ` (it is ${JSON.stringify(value)})`;
}

function at(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    document,
  );
}
