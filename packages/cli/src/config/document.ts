import { LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";

export type Parsed = { readonly value: Record<string, unknown> } | { readonly problems: readonly Problem[] };

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "use spaces",
  DUPLICATE_KEY: "the key stands there twice",
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it needs quotes',
  BAD_SCALAR_START: "a text that begins with this character needs quotes",
  MULTIPLE_DOCS: "one document per file",
  MISSING_CHAR: "a quote or bracket is not closed",
};

/** Reads YAML 1.2, of which JSON is a part. Messages carry line and column and never the text itself: it may hold secrets. */
export function parseText(source: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(source, { prettyErrors: false, lineCounter: lines });
  const problems: Problem[] = [];
  for (const { code, message, pos } of document.errors.slice(0, 5)) {
    const { line, col } = lines.linePos(pos[0]);
    const text = source.split("\n")[line - 1] ?? "";
    const hint = HINTS[code] ?? (/\$\{/.test(text) ? "inside { } and [ ], a ${...} reference needs quotes" : undefined);
    problems.push({
      key: `line ${line}, column ${col}`,
      message: `not valid YAML or JSON: ${message.replace(/: .*$/s, "").replace(/; please use.*$/, "")}${hint === undefined ? "" : ` (${hint})`}`,
    });
    // What follows the first one in the same line is usually its consequence.
    if (code === "UNEXPECTED_TOKEN") break;
  }
  if (problems.length > 0) return { problems };
  let value: unknown;
  try {
    value = withoutNulls(document.toJS());
  } catch {
    return { problems: [{ key: "", message: "the file uses an alias (*name) without its anchor (&name), or too many of them" }] };
  }
  if (value === undefined) return { problems: [{ key: "", message: "the file is empty" }] };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { problems: [{ key: "", message: "the file has to hold keys and values, such as `name: orders`" }] };
  return { value: value as Record<string, unknown> };
}

/** A key without a value is a key left out. */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => (item === null ? "" : withoutNulls(item)));
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}
