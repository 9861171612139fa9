import { asError } from "@tandem-cdc/core";
import { merged, type MergeRule } from "@tandem-cdc/dedup";
import { z } from "zod";
import { type Problem, problem } from "./problem.ts";
import { filledText } from "./values.ts";

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

export const merge = z.strictObject({
  regex: z
    .string()
    .refine(isExpression, "is not a regular expression of JavaScript")
    .describe("Regular expression that the whole name of every input topic has to match, such as `(a|b)\\.(.*)`.")
    .meta({ shown: "regular expression" }),
  topic: filledText().describe(
    "The topic that a record goes to, before `output.prefix`: `$1`, `$2` stand for what the groups matched, such as `$2`.",
  ),
  source: filledText().describe("The source's name, written into `dedup.sources.header`: such as `$1`."),
});

/** What `dedup` may hold when nothing is deduplicated. */
const OF_MERGE = ["mode", "merge", "sources"];
const PREFIX = "merged.";

type Group = Record<string, unknown>;

/** What belongs together: `mode: merge`, its rules, and the header; and what has no meaning in that mode. */
export function mergeProblems(document: unknown): readonly Problem[] {
  const dedup = groupAt(document, "dedup") ?? {};
  if (dedup["mode"] !== "merge")
    return dedup["merge"] === undefined
      ? []
      : [problem(["dedup", "merge"], "has a meaning with dedup.mode: merge only")];
  return [
    ...(dedup["merge"] === undefined
      ? [problem(["dedup", "merge"], "is missing: mode: merge needs its regex, topic and source")]
      : []),
    ...(dedup["sources"] === undefined
      ? [problem(["dedup", "sources"], "is missing: mode: merge writes the source's name into dedup.sources.header")]
      : []),
    ...Object.keys(dedup)
      .filter((key) => !OF_MERGE.includes(key))
      .map((key) => problem(["dedup", key], "has no meaning with mode: merge, which recognises no duplicates")),
    ...(groupAt(dedup, "sources")?.["names"] === undefined
      ? []
      : [problem(["dedup", "sources", "names"], "has no meaning with mode: merge: dedup.merge.source names them")]),
    ...topicProblems(document, merge.safeParse(dedup["merge"]).data),
  ];
}

/** Topics that are named have to fit the rule, and none may be the output of another. Those of expressions are checked when they are found. */
function topicProblems(document: unknown, rule: MergeRule | undefined): readonly Problem[] {
  const topics = groupAt(groupAt(document, "input"), "topics");
  const prefix = groupAt(document, "output")?.["prefix"] ?? PREFIX;
  if (rule === undefined || !Array.isArray(topics) || typeof prefix !== "string") return [];
  return topics.flatMap((topic: unknown, i) => {
    if (typeof topic !== "string" || topic.startsWith("/")) return [];
    try {
      const output = prefix + merged(rule, topic).topic;
      return topics.includes(output)
        ? [problem(["input", "topics", i], `its output goes to ${output}, which is an input itself: a loop`)]
        : [];
    } catch (thrown) {
      return [problem(["input", "topics", i], asError(thrown).message)];
    }
  });
}

/** The document with the default that only `mode: merge` has. */
export function withMergeDefaults(document: Group): Group {
  if (groupAt(document, "dedup")?.["mode"] !== "merge") return document;
  const output = document["output"] ?? {};
  return typeof output === "object" ? { ...document, output: { prefix: PREFIX, ...output } } : document;
}

function groupAt(holder: unknown, key: PropertyKey): Group | undefined {
  const value =
    typeof holder === "object" && holder !== null ? (holder as Record<PropertyKey, unknown>)[key] : undefined;
  return typeof value === "object" && value !== null ? (value as Group) : undefined;
}
