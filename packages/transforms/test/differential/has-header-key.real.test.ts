import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

differential({
  class: "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
  cases: fc.record({
    config: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom({ name: "source" }, { name: "op" }, { name: "OP" }) },
      { weight: 1, arbitrary: fc.constantFrom({}, { name: "" }) },
    ),
    negate: fc.boolean(),
    record: record(),
  }),
});
