import { definePredicate, type PredicateDefinition } from "../define.ts";
import { combined, combinedOptions } from "./combined.ts";

/** True where one of the others is. */
export const or: PredicateDefinition<typeof combinedOptions> = definePredicate({
  name: "Or",
  doc: "True where one of some other predicates is. They are asked in order, up to the first that is true.",
  options: combinedOptions,
  create: (options, context) => combined(options, context, (tests) => (record) => tests.some((test) => test(record))),
});
