import { defineTransform, type TransformDefinition } from "../define.ts";

/** Connect's Filter. */
export const filter: TransformDefinition = defineTransform({
  name: "Filter",
  doc: "Drops every record that it sees. Give it a predicate, so that it sees only some.",
  aliases: ["org.apache.kafka.connect.transforms.Filter"],
  create: () => () => null,
});
