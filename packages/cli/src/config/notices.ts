import { isDeepStrictEqual } from "node:util";
import type { IdentityRule } from "./identity.ts";
import type { Config } from "./schema.ts";
import { topicOf } from "./topic-pattern.ts";

const WITHOUT_LOCALITY = ["content", "fields", "header"];

/** What should be known of what a configuration chooses, a line each. */
export function noticesOf({ dedup, input }: Config): readonly string[] {
  return [
    ...input.topics.flatMap((text, i) => unmatched(text, `input.topics[${i}]`, input.topics)),
    ...(input.format === "json" && Object.keys(input.registry).length > 0
      ? ["input.registry: is not used, since input.format is json"]
      : []),
    ...(dedup.mode === "claims" ? identityNotices(dedup, input.topics) : []),
  ];
}

function identityNotices({ identity, shadow }: Config["dedup"], inputs: readonly string[]): readonly string[] {
  return [
    ...identity.flatMap((rule) => [
      ...(rule.topics ?? []).flatMap((text) => unmatched(text, "dedup.identity", inputs)),
      ...scattered(rule),
      ...alike(rule),
    ]),
    ...(identity.length === 1 && isDeepStrictEqual({ ...identity[0], topics: 0 }, { ...shadow, topics: 0 })
      ? ["dedup.shadow: is the identity itself, so the two will never differ"]
      : []),
  ];
}

/** Expressions leave internal topics alone; of a rule, one matches those that the input names. */
function unmatched(text: string, key: string, inputs: readonly string[]): readonly string[] {
  const topic = topicOf(text);
  if (typeof topic === "string" || !text.startsWith("/^__") || inputs.some((each) => each !== text && topic.test(each)))
    return [];
  return [
    `${key}: ${text} matches nothing: an expression never finds topics that begin with "__". Name them in input.topics, one by one`,
  ];
}

function scattered({ use }: IdentityRule): readonly string[] {
  if (!WITHOUT_LOCALITY.includes(use)) return [];
  return [
    `dedup.identity: keys of "${use}" are scattered: neighbours in the log share no bucket, so the claims of the whole horizon are in memory (about 50 bytes each), or loaded again and again`,
  ];
}

function alike({ use }: IdentityRule): readonly string[] {
  if (use !== "content") return [];
  return ['dedup.identity: to "content", two changes with equal content are one, and the second is dropped'];
}
