import type { Config } from "./schema.ts";
import { topicOf } from "./topic-pattern.ts";

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
