import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseText } from "./document.ts";
import { isAt, problemsOf } from "./issues.ts";
import { refuseNotYet } from "./not-yet.ts";
import { ConfigurationError, type Path } from "./problem.ts";
import { fileTrouble, resolveReferences } from "./references.ts";
import { type Configuration, configurationSchema } from "./schema.ts";

export interface Loaded {
  readonly configuration: Configuration;
  readonly file: string;
  /** What relative paths in the file are relative to. */
  readonly folder: string;
  /** The file as written, references unresolved: it may be shown. */
  readonly written: Readonly<Record<string, unknown>>;
  /** Takes out of a text what must not be seen: what references stand for, and passwords. */
  redact(text: string): string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks a configuration file; throws a `ConfigurationError` with every problem. */
export function loadConfiguration(file: string, env: Environment): Loaded {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new ConfigurationError(file, [{ key: "", message: `${fileTrouble(thrown)}: give the path of a configuration with --config FILE` }]);
  }
  return parseConfiguration(text, file, env);
}

/** The same, of a text. */
export function parseConfiguration(text: string, file: string, env: Environment): Loaded {
  const parsed = parseText(text);
  if ("problems" in parsed) throw new ConfigurationError(file, parsed.problems);
  const folder = dirname(resolve(file));
  const written = parsed.value;
  const resolved = resolveReferences(written, { env, folder });
  const document = resolved.value as Record<string, unknown>;
  const refused = refuseNotYet(document);
  const checked = configurationSchema.safeParse(document);
  const unresolved = { problems: resolved.problems };
  const known = [...unresolved.problems, ...refused.problems];
  if (!checked.success || known.length > 0) {
    const found = problemsOf(checked.error?.issues ?? [], written);
    const fresh = found.filter((p) => !isAt(p, refused.paths) && !unresolved.problems.some(({ key }) => key === p.key));
    throw new ConfigurationError(file, [...known, ...fresh]);
  }
  const secrets = [...resolved.secrets.filter(({ path }) => isSecret(path)).map(({ value }) => value), ...passwords(document)];
  return { configuration: checked.data, file, folder, written, redact: (message) => redacted(message, secrets) };
}

const SECRET_KEY = /password|secret|token|credential|passphrase|sasl\.username|\.pem|\.key$/i;

function isSecret(path: Path): boolean {
  return (path[0] === "kafka" && path.at(-1) !== "bootstrap.servers") || (path[0] === "dedup" && path[1] === "store" && path[2] !== "type");
}

/** Values that look like secrets by their key, written into the file in plain. */
function passwords(value: unknown, key = ""): string[] {
  if (typeof value === "string") return SECRET_KEY.test(key) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => passwords(item, name));
}

function redacted(message: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= 4).reduce((text, secret) => text.replaceAll(secret, "***"), message);
}
