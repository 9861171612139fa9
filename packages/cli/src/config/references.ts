import { readFileSync } from "node:fs";
import type { Problem } from "./problem.ts";

const REFERENCE = /\$\{(env|file):([^}:]+)(?::([^}]*))?\}/g;

/**
 * Replaces `${env:NAME}`, `${env:NAME:default}` and `${file:/path}` in every string. What a reference stands for is a
 * secret as likely as not: it is never part of a message.
 */
export function resolveReferences(value: unknown, env: NodeJS.ProcessEnv, problems: Problem[], key = ""): unknown {
  if (typeof value === "string") return value.replaceAll(REFERENCE, (...match) => resolve(match, env, problems, key));
  if (Array.isArray(value)) return value.map((item, i) => resolveReferences(item, env, problems, `${key}[${i}]`));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveReferences(item, env, problems, key === "" ? name : `${key}.${name}`)]),
  );
}

function resolve(match: readonly unknown[], env: NodeJS.ProcessEnv, problems: Problem[], key: string): string {
  const [, kind, name, fallback] = match as [string, string, string, string | undefined];
  if (kind === "env") {
    const found = env[name] ?? fallback;
    if (found === undefined) problems.push({ key, message: `environment variable ${name} is not set (and there is no default: \${env:${name}:default})` });
    return found ?? "";
  }
  const path = fallback === undefined ? name : `${name}:${fallback}`;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (thrown) {
    problems.push({ key, message: `file ${path} cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "error"})` });
    return "";
  }
}
