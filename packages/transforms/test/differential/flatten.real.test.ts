import fc from "fast-check";
import { record, structType, typed, map, payload } from "./arbitrary.ts";
import { differential } from "./harness.ts";

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.Flatten$${part}`,
    cases: fc.record({
      config: fc.constantFrom<Record<string, string>>({}, { delimiter: "_" }, { delimiter: "" }),
      record: record({ [part.toLowerCase()]: fc.oneof(payload, map, typed(structType(3))) }),
    }),
  });
