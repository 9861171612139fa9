import { z } from "zod";
import { javaPattern } from "./java-pattern.ts";

// Kinds of options. Each takes what Connect's properties have (text) as well as what YAML and code have, so that a pasted
// configuration and a typed one are checked by the same declaration.

/**
 * Makes what is given into what the schema takes. `In`: what may be given, for those who write it in code; `shown`: the same
 * for those who read about it.
 */
function taking<Out, In>(
  shown: string,
  schema: z.ZodType<Out>,
  prepare: (value: unknown) => unknown,
): z.ZodType<Out, In> {
  return z.preprocess(prepare, schema).meta({ shown }) as unknown as z.ZodType<Out, In>;
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}

function textOf(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function flagOf(value: unknown): unknown {
  const word = typeof value === "string" ? value.trim().toLowerCase() : value;
  return word === "true" ? true : word === "false" ? false : value;
}

function integerOf(value: unknown): unknown {
  const text = trimmed(value);
  return typeof text === "string" && /^[+-]?\d+$/.test(text) ? Number(text) : text;
}

function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** `from:to`. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

function pairOf(text: unknown): unknown {
  const at = typeof text === "string" ? text.indexOf(":") : -1;
  return typeof text === "string" && at >= 0 ? { from: text.slice(0, at).trim(), to: text.slice(at + 1).trim() } : text;
}

function pairsOf(value: unknown): unknown {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).map(([from, to]) => ({ from, to: String(to) }));
  const texts = listOf(value);
  return Array.isArray(texts) ? texts.map(pairOf) : texts;
}

const pair: z.ZodType<Pair> = z.strictObject(
  { from: z.string().min(1), to: z.string().min(1) },
  "has to be a pair such as from:to",
);

function patternOf(value: unknown): unknown {
  if (value instanceof RegExp) return new RegExp(`^(?:${value.source})$`, value.flags.replaceAll(/[gy]/g, ""));
  if (typeof value !== "string") return value;
  try {
    return javaPattern(value);
  } catch (thrown) {
    return thrown;
  }
}

/** Builders of options, to be given `.default(...)`, `.optional()` and `.describe("...")`. */
export const option = {
  text: (): z.ZodType<string, string> => taking("text", z.string(), textOf),

  filledText: (): z.ZodType<string, string> => taking("text", z.string().min(1, "must not be empty"), textOf),

  flag: (): z.ZodType<boolean, boolean | "true" | "false"> =>
    taking("true or false", z.boolean("has to be true or false"), flagOf),

  integer: (from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER): z.ZodType<number, number | string> =>
    taking(
      "whole number",
      z.int("has to be a whole number").min(from, `has to be ${from} or more`).max(to, `has to be ${to} or less`),
      integerOf,
    ),

  /** One of some words. */
  choice: <const T extends string>(words: readonly T[]): z.ZodType<T, T> =>
    taking<T, T>(words.join(", "), z.enum(words), trimmed),

  /** `a,b`, or a list. */
  list: (): z.ZodType<readonly string[], readonly string[] | string> =>
    taking("list of texts", z.array(z.string().min(1)), listOf),

  /** A regular expression, as Java writes it as far as JavaScript has it. It has to match the whole text. */
  pattern: (): z.ZodType<RegExp, RegExp | string> =>
    taking(
      "regular expression",
      z.instanceof(RegExp, {
        error: ({ input }) => `is not a regular expression${input instanceof Error ? `: ${input.message}` : ""}`,
      }),
      patternOf,
    ),

  /** `from:to,from:to`, a list of such texts, or an object. */
  pairs: (): z.ZodType<readonly Pair[], string | readonly string[] | Readonly<Record<string, string>>> =>
    taking("pairs from:to", z.array(pair), pairsOf),
};
