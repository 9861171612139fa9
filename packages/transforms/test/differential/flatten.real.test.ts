import fc from "fast-check";
import { record, structType, typed, map, payload } from "./arbitrary.ts";
import { nullWithDefault, structWith } from "./example.ts";
import { differential } from "./harness.ts";

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.Flatten$${part}`,
    cases: fc.record({
      config: fc.constantFrom<Record<string, string>>({}, { delimiter: "_" }, { delimiter: "" }),
      record: record({ [part.toLowerCase()]: fc.oneof(payload, map, typed(structType(3))) }),
    }),
    examples: [
      { config: {}, record: nullWithDefault },
      {
        config: {},
        record: structWith(
          {
            type: "struct",
            optional: true,
            fields: [
              { name: "w", schema: { type: "int32", optional: true, default: 7 } },
              { name: "x", schema: { type: "int32", optional: false } },
            ],
          },
          { w: null, x: 1 },
        ),
      },
    ],
  });
