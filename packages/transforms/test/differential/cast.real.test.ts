import fc from "fast-check";
import { FIELDS, other, payload, record, struct } from "./arbitrary.ts";
import { digitsDiffer } from "./digits.ts";
import { nullWithDefault, recordOf, structWith } from "./example.ts";
import { differential, said } from "./harness.ts";

const TYPES = ["int8", "int16", "int32", "INT64", "float32", "float64", "boolean", "string"];
const type = fc.constantFrom(...TYPES);
const pairs = fc
  .uniqueArray(fc.constantFrom(...FIELDS.slice(0, 6)), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => type.map((of) => `${name}:${of}`))))
  .map((each) => each.join(" , "));
const replace = fc.constantFrom(undefined, "true", "false");

const CONNECT = "org.apache.kafka.connect.data";
/** What is at the edges of types, each to be cast to all types. */
const edges = [
  structWith({ type: "float32" }, 0.1),
  structWith({ type: "float64" }, 3e10),
  structWith({ type: "float64" }, -1e300),
  structWith({ type: "float64" }, { $double: "NaN" }),
  structWith({ type: "int64" }, { $long: "-9223372036854775808" }),
  structWith({ type: "int64" }, { $long: "4294967429" }),
  structWith({ type: "int64", name: `${CONNECT}.Timestamp`, version: 1 }, { $date: 1_700_000_000_123 }),
  structWith({ type: "int32", name: `${CONNECT}.Date`, version: 1 }, { $date: 86_400_000 }),
  structWith({ type: "int32", name: `${CONNECT}.Date`, version: 1 }, { $date: 1 }),
  structWith({ type: "int32", name: `${CONNECT}.Time`, version: 1 }, { $date: 86_399_999 }),
  structWith(
    { type: "bytes", name: `${CONNECT}.Decimal`, version: 1, parameters: { scale: "2" } },
    { $decimal: ["-30000000099", 2] },
  ),
  nullWithDefault,
  ...["128", "-128", "+7", "", " 1", "1.5", "1e400", ".5f", "NaN", "-Infinity", "TRUE", "9223372036854775808"].map(
    (text) => structWith({ type: "string" }, text),
  ),
  recordOf({ v: 1e10 + 0.5 }),
  recordOf({ v: { $long: "300" } }),
  recordOf({}),
];

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
    examples: edges.flatMap((each) => TYPES.map((of) => ({ config: { spec: `v:${of}` }, record: each }))),
    count: process.env["TANDEM_FULL"] === "1" ? 1_000 : 150,
    difference: (_, fates) => digitsDiffer(fates),
  });
