import { TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";
import { hasNoValue } from "./envelope.ts";
import { compileExpression } from "./expression.ts";

/** JavaScript, and Groovy as far as it is JavaScript too. */
const LANGUAGES = ["jsr223.graal.js", "jsr223.js", "jsr223.javascript", "jsr223.groovy"] as const;

export const scriptingOptions = {
  "topic.regex": option
    .pattern()
    .optional()
    .describe("Matches the whole name of the topics that it is for. Default: all."),
  language: option
    .choice(LANGUAGES)
    .default("jsr223.graal.js")
    .describe("Of the expression. It is JavaScript always; a Groovy expression works where it is JavaScript as well."),
  "null.handling.mode": option
    .choice(["keep", "drop", "evaluate"])
    .default("keep")
    .describe("What becomes of tombstones: they pass, are dropped, or are asked about like all others."),
};

/** An expression, or a function of the record for those who write code. */
export type Scripted<R> = string | ((record: ConnectRecord) => R);

export function scripted<R>(): z.ZodType<Scripted<R>, Scripted<R>> {
  return z
    .custom<Scripted<R>>(
      (value) => typeof value === "function" || (typeof value === "string" && value.trim() !== ""),
      "has to be an expression or a function",
    )
    .meta({ shown: "JavaScript expression or function" });
}

interface Options {
  readonly "topic.regex"?: RegExp | undefined;
  readonly "null.handling.mode": "keep" | "drop" | "evaluate";
}

/** What all scripted transforms have alike: which records they are for, and how their expression is made. */
export function scriptedTransform(
  { "null.handling.mode": nulls, "topic.regex": topics }: Options,
  expression: Scripted<unknown>,
  apply: (record: ConnectRecord, answer: unknown) => ConnectRecord | null,
): (record: ConnectRecord) => ConnectRecord | null {
  const answerOf = typeof expression === "string" ? compileExpression(expression) : expression;
  return (record) => {
    if (topics !== undefined && !topics.test(record.topic)) return record;
    if (nulls !== "evaluate" && hasNoValue(record)) return nulls === "keep" ? record : null;
    return apply(record, answerOf(record));
  };
}

export function wrongAnswer(answer: unknown, due: string): TandemError {
  return new TandemError("TRANSFORM_FAILED", `the expression has to give ${due}, not ${typeof answer}`);
}
