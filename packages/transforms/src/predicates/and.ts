import { definePredicate, type PredicateDefinition } from "../define.ts";
import { combined, combinedOptions } from "./combined.ts";

/** True where all others are. */
export const and: PredicateDefinition<typeof combinedOptions> = definePredicate({
  name: "And",
  doc: "True where all of some other predicates are. They are asked in order, up to the first that is false.",
  options: combinedOptions,
  create: (options, context) => combined(options, context, (tests) => (record) => tests.every((test) => test(record))),
});
