import fc from "fast-check";
import { configOf, some } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

differential({
  class: "io.debezium.transforms.ExtractChangedRecordState",
  cases: fc.record({
    config: configOf({ "header.changed.name": some("changed", " "), "header.unchanged.name": some("unchanged") }),
    record: eventRecord({ op: fc.constantFrom("u", "u", "u", "c", "d") }),
  }),
  difference({ record: { valueSchema } }, { java, ours }) {
    const both = "result" in java && "result" in ours;
    return both && JSON.stringify(valueSchema).includes('"bytes"') ? "changed-bytes" : undefined;
  },
});
