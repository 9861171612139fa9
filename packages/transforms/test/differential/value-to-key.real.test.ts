import fc from "fast-check";
import { FIELDS, record } from "./arbitrary.ts";
import { nullWithDefault } from "./example.ts";
import { differential } from "./harness.ts";

const fields = fc
  .array(fc.constantFrom(...FIELDS.slice(0, 5)), { minLength: 1, maxLength: 2 })
  .map((names) => names.join(","));

differential({
  class: "org.apache.kafka.connect.transforms.ValueToKey",
  examples: ["true", "false"].map((fill) => ({
    config: { fields: "v", "replace.null.with.default": fill },
    record: nullWithDefault,
  })),
  cases: fc.record({
    config: fc.oneof(
      {
        weight: 19,
        arbitrary: fc.record({ fields, "replace.null.with.default": fc.constantFrom("true", "false") }),
      },
      { weight: 1, arbitrary: fc.constantFrom({ fields: "" }, {}) },
    ),
    record: record(),
  }),
  count: process.env["TANDEM_FULL"] === "1" ? 1000 : 150,
});
