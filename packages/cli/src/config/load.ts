import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { refuseLater } from "./later.ts";
import { ConfigError, type Problem, suggestion } from "./problem.ts";
import { resolveReferences } from "./references.ts";
import { type Config, configSchema, memoryStoreSchema } from "./schema.ts";

/** Reads and checks a configuration file, YAML or JSON. Throws a `ConfigError` with every problem. */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Config {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new ConfigError(file, [{ key: "", message: `the file cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "error"})` }]);
  }
  return parseConfig(text, file, env);
}

export function parseConfig(text: string, file: string, env: NodeJS.ProcessEnv = process.env): Config {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0)
    throw new ConfigError(
      file,
      document.errors.map((error) => ({ key: "", message: `not valid YAML: ${error.message.split("\n")[0] ?? ""}` })),
    );
  const problems: Problem[] = [];
  const raw = resolveReferences(document.toJS(), env, problems);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new ConfigError(file, [{ key: "", message: "a mapping is expected, beginning with name, kafka and input" }]);
  refuseLater(raw as Record<string, unknown>, problems);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, configSchema)));
  else if (parsed.data.dedup.store.type === "memory") {
    const store = memoryStoreSchema.safeParse(parsed.data.dedup.store);
    if (!store.success)
      problems.push(
        ...store.error.issues
          .flatMap((issue) => problemsOf(issue, memoryStoreSchema))
          .map((problem) => ({ ...problem, key: `dedup.store${problem.key === "" ? "" : `.${problem.key}`}` })),
      );
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(file, problems);
  return parsed.data;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => (typeof part === "number" ? `${key}[${part}]` : key === "" ? String(part) : `${key}.${String(part)}`), "");
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  const key = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((name) => ({ key: pathOf([...issue.path, name]), message: `unknown key; ${suggestion(name, known)}` }));
  }
  if (issue.code === "invalid_value")
    return [{ key, message: `one of ${issue.values.map((value) => `"${String(value)}"`).join(", ")} is expected${given(issue.input)}` }];
  if (issue.code === "invalid_type" && issue.input === undefined) return [{ key, message: issue.message.startsWith("Invalid input") ? "is required" : issue.message }];
  return [{ key, message: issue.message }];
}

function given(input: unknown): string {
  return typeof input === "string" && input.length < 40 ? `, not "${input}"` : "";
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of ["", ...path]) {
    if (part !== "") at = (at as { shape?: Record<string, unknown> }).shape?.[String(part)];
    for (;;) {
      const inner = (at as { def?: { innerType?: unknown; in?: unknown } } | undefined)?.def;
      if (inner?.innerType === undefined) break;
      at = inner.innerType;
    }
  }
  return Object.keys((at as { shape?: object } | undefined)?.shape ?? {});
}
