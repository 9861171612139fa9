import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { nullWithDefault } from "./example.ts";
import { differential, said } from "./harness.ts";

const name = (text: string) => fc.option(fc.constantFrom(text, `${text}!`, `${text}?`, "id"), { nil: undefined });

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.InsertField$${part}`,
    cases: fc.record({
      config: fc
        .record({
          "topic.field": name("t"),
          "partition.field": name("p"),
          "offset.field": name("o"),
          "timestamp.field": name("ts"),
          "static.field": name("s"),
          "static.value": fc.constantFrom(undefined, "text", ""),
          "replace.null.with.default": fc.constantFrom(undefined, "true", "false"),
        })
        .map(said),
      record: record(),
    }),
    examples: [
      { config: { "topic.field": "t" }, record: nullWithDefault },
      { config: { "topic.field": "t", "replace.null.with.default": "false" }, record: nullWithDefault },
    ],
    count: process.env["TANDEM_FULL"] === "1" ? 1_000 : 100,
  });
