import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

const regex = fc.constantFrom(
  "(.*)",
  "shop\\.(.*)",
  "([^.]+)\\.([^.]+)",
  "(?<db>[^.]+)\\.(?<rest>.*)",
  "s|shop.*",
  "(?i)SHOP\\.(ord.*)?(.*)",
  "\\Qshop.\\E(\\p{Lower}+)_?(\\w*)",
  "[\\w-.]+\\.([a-z])",
  "((((((((((s))))))))))hop(.*)",
  "none",
  "",
);
const replacement = fc.constantFrom(
  "$1",
  "out",
  "a-$1-$2",
  "${rest}.${db}",
  "\\$1\\\\$0",
  "$11",
  "$10x",
  "$",
  "${x}",
  "$x",
  "\\",
  "",
);

differential({
  class: "org.apache.kafka.connect.transforms.RegexRouter",
  cases: fc.record({
    config: fc.oneof(
      { weight: 19, arbitrary: fc.record({ regex, replacement }) },
      { weight: 1, arbitrary: fc.constantFrom({ regex: "(", replacement: "x" }, { regex: "x" }, { replacement: "x" }) },
    ),
    record: record(),
  }),
  count: process.env["TANDEM_FULL"] === "1" ? 1000 : 150,
  // What cannot work is refused before the first record.
  difference: (_, { ours }) => ("refused" in ours && ours.refused === "configure" ? "strict-options" : undefined),
});
