import { type ErrorCode, LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";

export type Parsed = { readonly value: Record<string, unknown> } | { readonly problems: readonly Problem[] };

/** What is wrong, in words of ours: those of the parser may repeat the text. */
const WORDS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias (*name) takes nothing else",
  BAD_ALIAS: "an alias (*name) without a name of letters and digits",
  BAD_COLLECTION_TYPE: "a tag (!name) that does not fit what follows",
  BAD_DIRECTIVE: "a directive (%name) that YAML does not know",
  BAD_DQ_ESCAPE: 'a backslash in "..." that begins no escape: double it, or use single quotes',
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_PROP_ORDER: "an anchor (&name) or tag (!name) in the wrong place",
  BAD_SCALAR_START: "a text that begins with this character needs quotes",
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it needs quotes',
  BLOCK_IN_FLOW: "an indented block inside { } or [ ]",
  DUPLICATE_KEY: "the key stands there twice",
  IMPOSSIBLE: "it cannot be read",
  KEY_OVER_1024_CHARS: "a key of more than 1,024 characters",
  MISSING_CHAR: "a comma, colon, quote or bracket is missing",
  MULTILINE_IMPLICIT_KEY: "a key of several lines: is a colon or a quote missing?",
  MULTIPLE_ANCHORS: "more than one anchor (&name)",
  MULTIPLE_DOCS: "one document per file, there is a second one (---)",
  MULTIPLE_TAGS: "more than one tag (!name)",
  NON_STRING_KEY: "a key that is no text",
  RESOURCE_EXHAUSTION: "too much: aliases or nesting without an end",
  TAB_AS_INDENT: "indentation by a tab: use spaces",
  TAG_RESOLVE_FAILED: "a tag (!name) that is not known",
  UNEXPECTED_TOKEN: "something that has no place here",
};

const REFERENCE_IN_FLOW = "inside { } and [ ], a ${...} reference needs quotes";
const INDENTED_PROPERTY = "Connect's properties begin at the first column";
const OTHER_PROPERTY = "of Connect's properties, only transforms, predicates and errors may be pasted here";

/** What a line says better than the parser, by what stands in it. */
function wordsOf(code: ErrorCode, line: string): string {
  if (code === "DUPLICATE_KEY") return WORDS[code];
  if (/[[{].*\$\{/.test(line)) return REFERENCE_IN_FLOW;
  if (/^\s+(?:transforms|predicates|errors)[^\s:]*\s*=/.test(line)) return INDENTED_PROPERTY;
  if (/^[\w.-]+\s*=/.test(line)) return OTHER_PROPERTY;
  return WORDS[code];
}

/** Reads YAML 1.2, of which JSON is a part. Messages carry line and column and never the text itself: it may hold secrets. */
export function parseText(source: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(source, { prettyErrors: false, lineCounter: lines });
  const problems: Problem[] = [];
  for (const { code, pos } of document.errors.slice(0, 5)) {
    const { line, col } = lines.linePos(pos[0]);
    const text = source.split("\n")[line - 1] ?? "";
    const message = `not valid YAML or JSON: ${wordsOf(code, text)}`;
    const key = `line ${line}, column ${col}`;
    // The parser has several words for one place.
    if (!problems.some((each) => each.key === key && each.message === message)) problems.push({ key, message });
    // What follows the first one in the same line is usually its consequence.
    if (code === "UNEXPECTED_TOKEN") break;
  }
  if (problems.length > 0) return { problems };
  let value: unknown;
  try {
    value = withoutNulls(document.toJS());
  } catch {
    return {
      problems: [
        { key: "", message: "the file uses an alias (*name) without its anchor (&name), or too many of them" },
      ],
    };
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
