import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

differential({
  class: "org.apache.kafka.connect.transforms.DropHeaders",
  cases: fc.record({
    config: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom({ headers: "source" }, { headers: "op , trace" }, { headers: "none" }) },
      { weight: 1, arbitrary: fc.constantFrom({}, { headers: "" }, { headers: "op,op" }) },
    ),
    record: record(),
  }),
});
