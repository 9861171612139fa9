import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { nullWithDefault, recordOf } from "./example.ts";
import { differential, said } from "./harness.ts";

const flag = fc.constantFrom(undefined, "true", "false", "FALSE");
const V1 = fc.constantFrom("id", "name", "amount", "nested", "a", "no.such", "");
const V2 = fc.constantFrom("id", "nested.id", "nested.nested.a", "a.b", "`nested`.name", "`id`", "b.", "`a.b`");

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.ExtractField$${part}`,
    cases: fc.record({
      config: fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({ field: V1, "replace.null.with.default": flag }).map(said),
        },
        {
          weight: 6,
          arbitrary: fc
            .record({
              field: V2,
              "field.syntax.version": fc.constantFrom("V2", "v2"),
              "replace.null.with.default": flag,
            })
            .map(said),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            {},
            { field: "id", "field.syntax.version": "V3" },
            { field: "`id", "field.syntax.version": "V2" },
          ),
        },
      ),
      record: record(),
    }),
    examples: [
      { config: { field: "v" }, record: nullWithDefault },
      { config: { field: "v", "replace.null.with.default": "false" }, record: nullWithDefault },
      { config: { field: "a.b", "field.syntax.version": "V2" }, record: recordOf({ a: { b: "c" } }) },
    ],
    // Half of the fields are not there.
    count: process.env["TANDEM_FULL"] === "1" ? 1_000 : 100,
  });
