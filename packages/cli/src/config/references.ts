import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Path, type Problem, problem } from "./problem.ts";

/** Where values come from that the file only names. */
export interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `${file:...}` paths are relative to it. */
  readonly folder: string;
}

export interface Resolved {
  /** The document with every reference replaced. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

const REFERENCE = /\$?\$\{([^}]*)\}/g;

/** Where a `${word}` without a colon is an option's own, as in Connect: `${topic}-${timestamp}`, `${routedByValue}`. */
const OWN_WORDS: ReadonlySet<unknown> = new Set(["transforms", "predicates"]);

/** Replaces `${env:NAME}`, `${env:NAME:default}` and `${file:/path}` in every text; `$${` stands for a plain `${`. */
export function resolveReferences(document: unknown, context: ReferenceContext): Resolved {
  const problems: Problem[] = [];

  function text(raw: string, path: Path): string {
    return raw.replace(REFERENCE, (whole, inside: string) => {
      if (whole.startsWith("$$")) return whole.slice(1);
      if (OWN_WORDS.has(path[0]) && !inside.includes(":")) return whole;
      const found = lookUp(inside, context);
      if (typeof found === "string") return found;
      problems.push(problem(path, found.wrong));
      return "";
    });
  }
  function walk(value: unknown, path: Path): unknown {
    if (typeof value === "string") return text(value, path);
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  }
  return { value: walk(document, []), problems };
}

function lookUp(reference: string, { env, folder }: ReferenceContext): string | { readonly wrong: string } {
  const colon = reference.indexOf(":");
  const [kind, rest] = colon < 0 ? [reference, ""] : [reference.slice(0, colon), reference.slice(colon + 1)];
  if (kind === "env" && rest !== "") {
    const at = rest.indexOf(":");
    const [name, fallback] = at < 0 ? [rest, undefined] : [rest.slice(0, at), rest.slice(at + 1)];
    return (
      env[name] ??
      fallback ?? {
        wrong: `\${env:${name}}: the environment variable ${name} is not set: set it, or give a default with \${env:${name}:default}`,
      }
    );
  }
  if (kind === "file" && rest !== "") {
    try {
      return readFileSync(resolve(folder, rest), "utf8").replace(/\r?\n$/, "");
    } catch (thrown) {
      return { wrong: `\${file:${rest}}: ${fileTrouble(thrown)}` };
    }
  }
  // Not repeated: a password may hold "${".
  return {
    wrong: `holds a \${...} that is not a reference: there are \${env:NAME}, \${env:NAME:default} and \${file:/path}; for a plain "\${" write "$\${"`,
  };
}

/** Why a file could not be read, in words. */
export function fileTrouble(thrown: unknown): string {
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "this user may not read it";
  if (code === "EISDIR") return "it is a folder";
  return `it cannot be read (${String(code)})`;
}
