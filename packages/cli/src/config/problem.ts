import { TandemError } from "@tandem-cdc/core";

/** One thing wrong with a configuration: where, and what to do. */
export interface Problem {
  /** Path of the key, such as `dedup.store.type`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends TandemError {
  override readonly name: string = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super("CONFIG_INVALID", `${file}: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
    this.problems = problems;
  }
}

/** Edits that turn one word into another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `did you mean "x"?`, when a known word is near; else the known words. */
export function suggestion(word: string, known: readonly string[]): string {
  const ranked = known.map((k) => ({ k, d: distance(word.toLowerCase(), k.toLowerCase()) })).toSorted((a, b) => a.d - b.d);
  const [best] = ranked;
  if (best !== undefined && best.d <= Math.max(2, Math.floor(word.length / 3))) return `did you mean "${best.k}"?`;
  return `known here: ${known.join(", ")}`;
}
