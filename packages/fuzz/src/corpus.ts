import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Inputs that are kept, a folder for each target: what reached code that no other did, and what once broke something. */
const CORPUS = fileURLToPath(new URL("../corpus", import.meta.url));

export interface Kept {
  readonly file: string;
  readonly input: Uint8Array;
}

export function corpusOf(target: string): readonly Kept[] {
  const folder = join(CORPUS, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ file: `${target}/${file}`, input: readFileSync(join(folder, file)) }));
}

/** Keeps an input under the name of its content; returns the file. */
export function keep(target: string, input: Uint8Array, prefix = ""): string {
  const folder = join(CORPUS, target);
  mkdirSync(folder, { recursive: true });
  const file = `${prefix}${createHash("sha256").update(input).digest("hex").slice(0, 12)}`;
  writeFileSync(join(folder, file), input);
  return `packages/fuzz/corpus/${target}/${file}`;
}
