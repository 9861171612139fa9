import { z } from "zod";
import type { ConfiguredPredicate, CreateContext, RecordPredicate, RecordTest } from "../define.ts";
import { option } from "../options.ts";

const configured: z.ZodType<ConfiguredPredicate> = z.custom<ConfiguredPredicate>(
  (value) => typeof value === "object" && value !== null && "test" in value,
  "has to be the name of a predicate",
);

/** Options of predicates that are made of others. */
export const combinedOptions = z.strictObject({
  predicates: z
    .union([option.list(), z.array(configured)])
    .refine((all) => all.length > 0, "names no predicate")
    .meta({ shown: "list of names" })
    .describe("Names of the other predicates. In code also the predicates themselves."),
});

/** A predicate of others that are opened with it. */
export function combined(
  { predicates }: z.output<typeof combinedOptions>,
  { predicate }: CreateContext,
  combine: (tests: readonly RecordTest[]) => RecordTest,
): RecordPredicate {
  const all = predicates.map((each: string | ConfiguredPredicate) =>
    typeof each === "string" ? predicate(each) : each,
  );
  return {
    test: combine(all.map(({ test }) => test)),
    async open() {
      for (const each of all) await each.open?.();
    },
  };
}
