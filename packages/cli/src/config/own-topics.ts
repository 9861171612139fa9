import { merged, type MergeRule } from "@tandem-cdc/dedup";
import type { Config } from "./schema.ts";
import { topicOf, topicTrouble } from "./topic-pattern.ts";

type Named = Pick<Config, "name" | "dedup" | "errors">;

/** Where late changes go; undefined where they go nowhere of their own. */
export function lateTopicOf({ dedup, errors, name }: Named): string | undefined {
  if (dedup.mode !== "claims" || dedup.late !== "dead-letter") return undefined;
  return errors.deadLetter?.topic ?? `${name}.late`;
}

/** Topics that the pipeline itself writes to beside the outputs, with the key that names each. None may be read as input. */
export function ownTopics(config: Named): readonly { readonly topic: string; readonly path: readonly string[] }[] {
  const { dedup, errors } = config;
  const late = lateTopicOf(config);
  return [
    ...(errors.deadLetter === undefined
      ? []
      : [{ topic: errors.deadLetter.topic, path: ["errors", "deadLetter", "topic"] }]),
    ...(late === undefined || late === errors.deadLetter?.topic ? [] : [{ topic: late, path: ["dedup", "late"] }]),
    ...(dedup.divergence?.topic === undefined
      ? []
      : [{ topic: dedup.divergence.topic, path: ["dedup", "divergence", "topic"] }]),
  ];
}

/** What is wrong with a topic that the pipeline writes to beside the outputs; undefined when nothing is. */
export function ownTopicTrouble(
  topic: string,
  { dedup, input, name, output: { prefix } }: Named & Pick<Config, "input" | "output">,
): string | undefined {
  if (input.topics.includes(topic)) return "is one of input.topics and would feed itself: name another topic";
  if (topic === `${name}.lanes`) return "is where the lanes of this pipeline keep their state: name another topic";
  if (!topic.startsWith(prefix)) return undefined;
  const rest = topic.slice(prefix.length);
  const inputs = input.topics.filter((text) => topicTrouble(text) === undefined);
  const source = inputs.find((text) => mayBeOutput(topicOf(text), rest, dedup.merge));
  if (source === undefined) return undefined;
  return `is an output topic of this pipeline (${prefix} and what input.topics has as ${source}), where its records would be taken for changes: name a topic that does not begin with "${prefix}"`;
}

/** Whether records of an input may go to this topic, without the prefix. A merge makes other names of what an expression finds. */
function mayBeOutput(input: string | RegExp, rest: string, merge: MergeRule | undefined): boolean {
  if (typeof input !== "string") return merge !== undefined || (!rest.startsWith("__") && input.test(rest));
  if (merge === undefined) return input === rest;
  try {
    return merged(merge, input).topic === rest;
  } catch {
    // That the rule does not fit is a problem of its own.
    return false;
  }
}

/** Whether an expression among the input's topics may match it. */
export function mayBeInput(config: Named & Pick<Config, "output">): (topic: string) => boolean {
  const own = new Set(ownTopics(config).map(({ topic }) => topic));
  return (topic) => !topic.startsWith(config.output.prefix) && !own.has(topic);
}

/** Those of the topics that exist which a pipeline reads. */
export function inputTopics(
  config: Named & Pick<Config, "input" | "output">,
  existing: Iterable<string>,
): readonly string[] {
  const wanted = config.input.topics.map(topicOf);
  const mayBe = mayBeInput(config);
  const isInput = (topic: string): boolean =>
    !topic.startsWith("__") && topic !== `${config.name}.lanes` && mayBe(topic);
  return [...existing]
    .filter((topic) =>
      wanted.some((each) => (typeof each === "string" ? each === topic : isInput(topic) && each.test(topic))),
    )
    .toSorted();
}
