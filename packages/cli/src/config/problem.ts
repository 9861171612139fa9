import { TandemError } from "@tandem-cdc/core";

/** Something wrong with a configuration. */
export interface Problem {
  /** The key's path, such as `dedup.store.type`, or a place in the file; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

export type Path = readonly PropertyKey[];

/** `input.topics[1]`. Properties of librdkafka keep their dots: `kafka.bootstrap.servers`. */
export function keyOf(path: Path): string {
  let key = "";
  for (const part of path)
    key += typeof part === "number" ? `[${part}]` : key === "" ? String(part) : `.${String(part)}`;
  return key;
}

export function problem(path: Path, message: string): Problem {
  return { key: keyOf(path), message };
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends TandemError {
  override readonly name: string = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super("CONFIG_INVALID", `${file}: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
    this.problems = problems;
  }
}
