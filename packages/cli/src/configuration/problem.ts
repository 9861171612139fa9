/** Something wrong with a configuration. `key` is its path (`dedup.store.type`), or where in the file it stands. */
export interface Problem {
  readonly key: string;
  readonly message: string;
}

export type Path = readonly PropertyKey[];

/** `input.topics[1]`. Properties of librdkafka keep their dots: `kafka.bootstrap.servers`. */
export function keyOf(path: Path): string {
  let key = "";
  for (const part of path) key += typeof part === "number" ? `[${part}]` : key === "" ? String(part) : `.${String(part)}`;
  return key;
}

export function problem(path: Path, message: string): Problem {
  return { key: keyOf(path), message };
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "CONFIG_INVALID";
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`${file}: ${count}\n${problems.map(({ key, message }) => `  ${key === "" ? "" : `${key}: `}${message}`).join("\n")}`);
    this.file = file;
    this.problems = problems;
  }
}
