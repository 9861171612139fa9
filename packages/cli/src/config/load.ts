import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { clientProblems } from "./client-properties.ts";
import { CONNECT_ERRORS } from "./connect-errors.ts";
import { parseText } from "./document.ts";
import { unknownUses } from "./identity.ts";
import { problemsOf, quoted } from "./issues.ts";
import { takeLater } from "./later.ts";
import { noticesOf } from "./notices.ts";
import { mergeProblems, withMergeDefaults } from "./merge.ts";
import { ConfigError, keyOf, problem } from "./problem.ts";
import { fileTrouble, resolveReferences } from "./references.ts";
import { type Config, configSchema } from "./schema.ts";
import { liftProperties, withConnectProperties } from "./transforms/properties.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Loaded {
  readonly config: Config;
  /** What should be known of what the file chooses, a line each. */
  readonly notices: readonly string[];
}

/** Reads and checks a configuration file, YAML or JSON. Throws a `ConfigError` with every problem. */
export function loadConfig(file: string, env: Environment = process.env): Loaded {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new ConfigError(file, [
      { key: "", message: `${fileTrouble(thrown)}; give the path of a configuration with --config FILE` },
    ]);
  }
  return parseConfig(text, file, env);
}

/** The same, of a text. References to files, and messages, are relative to `file`. */
export function parseConfig(text: string, file: string, env: Environment = process.env): Loaded {
  const lifted = liftProperties(text);
  const parsed = parseText(lifted.text);
  if ("problems" in parsed) throw new ConfigError(file, parsed.problems);
  const written = withConnectProperties(parsed.value, lifted.properties, CONNECT_ERRORS);
  const resolved = resolveReferences(written.document, { env, folder: dirname(resolve(file)) });
  const document = resolved.value as Record<string, unknown>;
  const later = takeLater(document);
  const checked = configSchema.safeParse(withMergeDefaults(document));
  const told = [...written.problems, ...resolved.problems, ...later.problems, ...mergeProblems(document)];
  const properties = clientProblems(document["kafka"]);
  const unknown = unknownUses(document["dedup"], file).map(({ message, path }) =>
    problem(path, message + quoted(path, written.document)),
  );
  if (checked.success && told.length + properties.length + unknown.length === 0)
    return { config: checked.data, notices: noticesOf(checked.data) };
  // A value that is missing only because it was refused or not resolved is no problem of its own.
  const known = new Set([...resolved.problems.map(({ key }) => key), ...later.paths.map(keyOf)]);
  const found = [
    ...problemsOf(checked.error?.issues ?? [], { resolved: document, written: written.document }),
    ...properties,
    ...unknown,
  ].filter(({ key }) => !known.has(key));
  throw new ConfigError(file, [...told, ...found]);
}
