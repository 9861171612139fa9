import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { replacement } from "../replacement.ts";

const options = z.strictObject({
  regex: option.pattern().describe("Matches the whole name of the topics that are routed."),
  replacement: option
    .text()
    .describe("Takes the place of what the pattern matches; `$1` and `${name}` are groups of the pattern."),
});

/** Connect's RegexRouter. */
export const regexRouter: TransformDefinition<typeof options> = defineTransform({
  name: "RegexRouter",
  doc: "Renames topics by a regular expression. Records of topics that it does not match stay as they are.",
  aliases: ["org.apache.kafka.connect.transforms.RegexRouter"],
  options,
  create({ regex, replacement: template }) {
    const topicOf = remembering(replacement(regex, template));
    return (record) => {
      const topic = topicOf(record.topic);
      return topic === undefined || topic === record.topic ? record : record.with({ topic });
    };
  },
});

/** Topics are few. */
const REMEMBERED = 1000;

function remembering<T>(find: (topic: string) => T): (topic: string) => T {
  const known = new Map<string, T>();
  return (topic) => {
    const seen = known.get(topic);
    if (seen !== undefined || known.has(topic)) return seen as T;
    const found = find(topic);
    if (known.size < REMEMBERED) known.set(topic, found);
    return found;
  };
}
