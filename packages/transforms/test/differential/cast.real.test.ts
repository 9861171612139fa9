import fc from "fast-check";
import { FIELDS, other, payload, record, struct } from "./arbitrary.ts";
import { digitsDiffer } from "./digits.ts";
import { differential, said } from "./harness.ts";

const type = fc.constantFrom("int8", "int16", "int32", "INT64", "float32", "float64", "boolean", "string");
const pairs = fc
  .uniqueArray(fc.constantFrom(...FIELDS.slice(0, 6)), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => type.map((of) => `${name}:${of}`))))
  .map((each) => each.join(" , "));
const replace = fc.constantFrom(undefined, "true", "false");

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.Cast$${part}`,
    cases: fc.record({
      config: fc.oneof(
        { weight: 8, arbitrary: fc.record({ spec: pairs, "replace.null.with.default": replace }).map(said) },
        { weight: 4, arbitrary: type.map((spec): Record<string, string> => ({ spec })) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Record<string, string>>(
            {},
            { spec: "" },
            { spec: "int7" },
            { spec: "id:bytes" },
            { spec: "id:int8,int8" },
            { spec: "id:int8:int8" },
            { spec: "id:" },
          ),
        },
      ),
      record: record({ [part.toLowerCase()]: fc.oneof(payload, struct, other) }),
    }),
    count: process.env["TANDEM_FULL"] === "1" ? 1_000 : 150,
    difference: (_, fates) => digitsDiffer(fates),
  });
