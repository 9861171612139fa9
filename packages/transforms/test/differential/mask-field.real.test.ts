import fc from "fast-check";
import { FIELDS, record } from "./arbitrary.ts";
import { nullWithDefault } from "./example.ts";
import { differential } from "./harness.ts";

const config = fc.record(
  {
    fields: fc
      .uniqueArray(fc.constantFrom(...FIELDS, "none"), { minLength: 1, maxLength: 4 })
      .map((names) => names.join(",")),
    replacement: fc.constantFrom("***", "7", "-3.9", "1e3", "300", "99999999999999999999"),
    "replace.null.with.default": fc.constantFrom("true", "false"),
  },
  { requiredKeys: ["fields"], noNullPrototype: true },
);

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.MaskField$${part}`,
    examples: ["true", "false"].map((fill) => ({
      config: { fields: "v", "replace.null.with.default": fill },
      record: nullWithDefault,
    })),
    cases: fc.record({
      config: fc.oneof(
        { weight: 19, arbitrary: config },
        { weight: 1, arbitrary: fc.constantFrom({ fields: "" }, {}, { fields: "id", replacement: "" }) },
      ),
      record: record(),
    }),
    difference: (_, { java, ours }) =>
      JSON.stringify([java, ours]).includes("$decimal") ? "mask-decimal-scale" : undefined,
  });
