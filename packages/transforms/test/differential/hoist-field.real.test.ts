import fc from "fast-check";
import { record } from "./arbitrary.ts";
import { differential } from "./harness.ts";

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.HoistField$${part}`,
    cases: fc.record({
      config: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom({ field: "id" }, { field: "wrapped" }) },
        { weight: 1, arbitrary: fc.constant({}) },
      ),
      record: record(),
    }),
  });
