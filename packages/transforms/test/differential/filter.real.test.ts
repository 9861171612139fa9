import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

differential({
  class: "org.apache.kafka.connect.transforms.Filter",
  cases: fc.record({ config: fc.constant({}), record: record() }),
});
