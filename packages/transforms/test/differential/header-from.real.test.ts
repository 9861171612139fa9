import fc from "fast-check";
import { FIELDS, record } from "./arbitrary.ts";
import { digitsDiffer } from "./digits.ts";
import { nullWithDefault } from "./example.ts";
import { differential } from "./harness.ts";

const fields = fc.uniqueArray(fc.constantFrom(...FIELDS.slice(0, 5)), { minLength: 1, maxLength: 2 });

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.HeaderFrom$${part}`,
    cases: fc.record({
      config: fc.oneof(
        {
          weight: 12,
          arbitrary: fc
            .tuple(fields, fc.constantFrom("move", "copy"), fc.constantFrom("true", "false"))
            .map(([names, operation, replace]): Record<string, string> => ({
              fields: names.join(","),
              headers: names.map((each) => `h-${each}`).join(" , "),
              operation,
              "replace.null.with.default": replace,
            })),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Record<string, string>>(
            {},
            { fields: "a,b", headers: "x", operation: "copy" },
            { fields: "a", headers: "x", operation: "drop" },
            { fields: "", headers: "", operation: "copy" },
          ),
        },
      ),
      record: record(),
    }),
    examples: ["true", "false"].flatMap((replace) =>
      ["move", "copy"].map((operation) => ({
        config: { fields: "v", headers: "h", operation, "replace.null.with.default": replace },
        record: nullWithDefault,
      })),
    ),
    // Many a struct lacks the fields.
    count: process.env["TANDEM_FULL"] === "1" ? 1_000 : 150,
    difference: (_, fates) => digitsDiffer(fates),
  });
