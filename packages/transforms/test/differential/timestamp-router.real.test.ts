import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";
import { pattern } from "./date-patterns.ts";

const config = fc.record(
  {
    "topic.format": fc.constantFrom(
      "${topic}-${timestamp}",
      "${timestamp}",
      "${topic}${topic}",
      "fixed",
      "${x}.${topic}",
    ),
    "timestamp.format": pattern,
  },
  { requiredKeys: [], noNullPrototype: true },
);

differential({
  class: "org.apache.kafka.connect.transforms.TimestampRouter",
  cases: fc.record({ config, record: record({ timestamp: fc.integer({ min: 0, max: 200_000_000_000_000 }) }) }),
  count: process.env["TANDEM_FULL"] === "1" ? 1000 : 150,
  difference: ({ config: given }, { ours }) => {
    if (/[YwWF]/.test((given["timestamp.format"] ?? "").replaceAll(/'[^']*'/g, ""))) return "date-weeks";
    // What cannot work is refused before the first record.
    return "refused" in ours && ours.refused === "configure" ? "strict-options" : undefined;
  },
});
