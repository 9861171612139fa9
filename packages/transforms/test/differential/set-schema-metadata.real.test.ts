import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { nullWithDefault } from "./example.ts";
import { differential } from "./harness.ts";

const config = fc.record(
  {
    "schema.name": fc.constantFrom("shop.Order", "shop.Row", ""),
    "schema.version": fc.constantFrom("1", "2", "-7"),
    "replace.null.with.default": fc.constantFrom("true", "false"),
  },
  { requiredKeys: [], noNullPrototype: true },
);

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.SetSchemaMetadata$${part}`,
    examples: ["true", "false"].map((fill) => ({
      config: { "schema.version": "3", "replace.null.with.default": fill },
      record: nullWithDefault,
    })),
    cases: fc.record({
      config: fc.oneof(
        { weight: 19, arbitrary: config },
        { weight: 1, arbitrary: fc.constantFrom({ "schema.version": "x" }, { "schema.version": "99999999999" }) },
      ),
      record: record(),
    }),
    difference: (_, { java }) =>
      "refused" in java && java.error.includes("Cannot list fields on non-struct") ? "metadata-of-any-type" : undefined,
  });
