import { inputTopics, ownTopics } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";

/** Why there is nothing to explain in a topic: the pipeline does not read it. Undefined where it does. */
export function notInput(config: Config, topic: string, existing: readonly string[]): string | undefined {
  const inputs = inputTopics(config, existing);
  if (inputs.includes(topic)) return undefined;
  const { prefix } = config.output;
  const input = topic.startsWith(prefix) ? topic.slice(prefix.length) : "";
  const hint = inputs.includes(input)
    ? ` It is where the pipeline writes what it emits of ${input}: ask for the record of that topic.`
    : ownTopics(config).some((own) => own.topic === topic)
      ? " The pipeline writes to it: the headers __connect.errors.topic, .partition and .offset of its records name those to ask for."
      : "";
  return `${topic} is no input of pipeline ${config.name}, which reads ${inputs.length === 0 ? "none of the topics that exist" : inputs.join(", ")}.${hint}`;
}
