import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

differential({
  class: "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
  cases: fc.record({
    config: fc.constantFrom(
      { pattern: "shop\\..*" },
      { pattern: "orders" },
      { pattern: "[^.]+.(orders|public\\.\\w)" },
      { pattern: "(" },
    ),
    negate: fc.boolean(),
    record: record(),
  }),
});
