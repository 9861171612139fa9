import { z } from "zod";
import { definePredicate, type PredicateDefinition } from "../define.ts";
import { option } from "../options.ts";

const options = z.strictObject({
  pattern: option
    .pattern()
    .refine(({ source }) => source !== "^(?:)$", "must not be empty")
    .describe("Matches the whole name of the topic."),
});

/** Connect's TopicNameMatches. */
export const topicNameMatches: PredicateDefinition<typeof options> = definePredicate({
  name: "TopicNameMatches",
  doc: "True for records of topics whose whole name matches.",
  aliases: ["org.apache.kafka.connect.transforms.predicates.TopicNameMatches"],
  options,
  create:
    ({ pattern }) =>
    (record) =>
      pattern.test(record.topic),
});
