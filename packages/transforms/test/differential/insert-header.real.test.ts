import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { digitsDiffer } from "./digits.ts";
import { differential } from "./harness.ts";

const literal = fc.oneof(
  fc.constantFrom("x", "", "null", "true", "1.50", "007", "-3", "1e400", "99999999999999999999"),
  fc.constantFrom("2026-11-25", "12:34:56.789Z", "2026-11-25T12:34:56.789Z", "2026-13-41", "a:b,c", "1,2"),
  fc.constantFrom('["a","b"]', "[1,2.5]", "[1,null]", '{"a":1,"b":300}', "{1:true}", "[1", "[]", "{}", ' [x "y\\"'),
  fc.string({ maxLength: 12 }),
  fc.integer().map(String),
);

differential({
  class: "org.apache.kafka.connect.transforms.InsertHeader",
  cases: fc.record({
    config: fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({ header: fc.constantFrom("source", "new", ""), "value.literal": literal }),
      },
      { weight: 1, arbitrary: fc.constantFrom({}, { header: "a" }, { "value.literal": "a" }) },
    ),
    record: record(),
  }),
  difference: ({ config: { "value.literal": given = "" } }, fates) =>
    given === given.trim() ? digitsDiffer(fates) : "texts-untrimmed",
});
