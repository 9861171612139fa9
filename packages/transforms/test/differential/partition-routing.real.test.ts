import fc from "fast-check";
import { anyType, configOf, some, structOf, type TypeOf } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

const text: fc.Arbitrary<TypeOf> = fc.constant({
  schema: { type: "string", optional: false },
  value: fc.oneof(fc.string({ unit: "grapheme", maxLength: 40 }), fc.constantFrom("", "Ünïcödé 𝔘")),
});

const row = fc.tuple(anyType(1), anyType(0), text).map(([any, flat, name]) =>
  structOf(
    [
      ["any", any],
      ["flat", flat],
      ["name", name],
    ],
    { name: "shop.orders.Value", optional: true },
  ),
);

const UNSTABLE = ["bytes", "struct", "map", "array"];

differential({
  class: "io.debezium.transforms.partitions.PartitionRouting",
  count: process.env["TANDEM_FULL"] === "1" ? 3_000 : 100,
  cases: fc.record({
    config: configOf({
      "partition.payload.fields": fc.constantFrom(
        "change.name",
        "after.flat",
        "change.any,source.table",
        "op, change.flat",
        "after.nothing",
        "nothing",
        "op.x",
        "change.name,before.flat",
      ),
      "partition.topic.num": fc.constantFrom("1", "3", "100", "100000", "0", "x"),
      "partition.hash.function": some("java", "murmur", "murmur"),
    }),
    record: eventRecord({ row }),
  }),
  difference({ config, record }, { java, ours }) {
    // Without a hash of their own in Java, or one that depends on the JVM.
    const fields = record.valueSchema?.fields?.find(({ name }) => name === "after")?.schema.fields ?? [];
    const used = fields.filter(({ name }) => (config["partition.payload.fields"] ?? "").includes(`.${name}`));
    if (used.some(({ schema }) => UNSTABLE.includes(schema.type)) && "result" in ours && "result" in java)
      return "partition-hashes";
    return undefined;
  },
});
