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
      { pattern: "(?i)SHOP\\.\\p{Lower}+" },
      { pattern: "\\Qshop.\\E[\\w-_]*|db\\-7.*" },
      { pattern: "shop\\.orders\\Z" },
      { pattern: "" },
      { pattern: "(" },
    ),
    negate: fc.boolean(),
    record: record(),
  }),
});
