import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ConfigError, type Loaded, parseConfig, type Problem } from "../src/index.ts";

/** A folder that is gone after the test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "tandem-cli-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Writes a file into a folder of its own; returns its path. */
export function file(text: string, name = "tandem.yaml"): string {
  const path = join(folder(), name);
  writeFileSync(path, text);
  return path;
}

/** The least that is valid. */
export const LEAST = `
name: orders
kafka: { bootstrap.servers: "127.0.0.1:9092" }
input: { topics: [cdc.shop.orders] }
`;

/** LEAST with these keys added or changed, in place. */
export function least(change: (config: Tree) => void = () => undefined): string {
  const config: Tree = {
    name: "orders",
    kafka: { "bootstrap.servers": "127.0.0.1:9092" },
    input: { topics: ["cdc.shop.orders"] },
  };
  change(config);
  return JSON.stringify(config);
}

export interface Tree {
  [key: string]: Tree | string | number | boolean | readonly (string | Tree)[];
}

/** Sets the value at a path, making the groups on the way. */
export function put(tree: Tree, path: readonly string[], value: Tree[string]): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) tree[key] = value;
  else put((tree[key] ??= {}) as Tree, rest, value);
}

export function parse(text: string, env: Record<string, string> = {}): Loaded {
  return parseConfig(text, "tandem.yaml", env);
}

/** `key: message` of every problem that a text has. */
export function problems(text: string, env: Record<string, string> = {}): string[] {
  return problemsOf(() => parse(text, env)).map(({ key, message }) => `${key}: ${message}`);
}

export function problemsOf(load: () => unknown): readonly Problem[] {
  try {
    load();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}
