import { z } from "zod";
import { definePredicate, type PredicateDefinition } from "../define.ts";
import { option } from "../options.ts";

const options = z.strictObject({
  name: option.filledText().describe("Name of the header."),
});

/** Connect's HasHeaderKey. */
export const hasHeaderKey: PredicateDefinition<typeof options> = definePredicate({
  name: "HasHeaderKey",
  doc: "True for records with at least one header of the name, whatever its value.",
  aliases: ["org.apache.kafka.connect.transforms.predicates.HasHeaderKey"],
  options,
  create:
    ({ name }) =>
    (record) =>
      record.headers.some(({ key }) => key === name),
});
