import fc from "fast-check";
import { configOf, payload, some, structOf, typed } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

const config = configOf({
  "topic.regex": fc.constantFrom("(.*)_shard_(\\d)", "(?<all>.*)\\.(.*)", ".*", "shop.*", "(orders"),
  "topic.replacement": fc.constantFrom("$1", "all", "x-${all}", "$1$2", "$3", "a\\$b", "7.all-shards"),
  "key.enforce.uniqueness": some("true", "false"),
  "key.field.regex": some("(.*)_shard_(.*)", "(.*)orders(.*)"),
  "key.field.replacement": fc.oneof({ weight: 3, arbitrary: fc.constant("$2") }, { weight: 1, arbitrary: some("id") }),
  "schema.name.adjustment.mode": some("avro", "none", "avro_unicode"),
});

const key = fc.oneof(
  {
    weight: 4,
    arbitrary: typed(
      fc.constant(
        structOf([
          [
            "id",
            {
              schema: { type: "int64", optional: false, default: { $long: "1" } },
              value: fc.constantFrom({ $long: "5" }, null),
            },
          ],
        ]),
      ),
    ),
  },
  { weight: 1, arbitrary: payload },
);

differential({
  class: "io.debezium.transforms.ByLogicalTableRouter",
  count: process.env["TANDEM_FULL"] === "1" ? 2_000 : 100,
  // The original keeps the name that a schema got for the first topic: "router-names-per-topic".
  fresh: () => true,
  cases: fc.record({
    config,
    record: eventRecord({
      key,
      topic: fc.constantFrom("shop.orders", "shop.orders_shard_1", "shop.orders_shard_12", "other"),
    }),
  }),
  difference({ config: given, record }, { java, ours }) {
    if ("result" in ours && "refused" in java && record.keySchema === null) return "router-without-schema";
    // The original finds out when a record comes.
    if (
      "refused" in ours &&
      ours.refused === "configure" &&
      /\$\d|\$\{/.test(`${given["topic.replacement"]}${given["key.field.replacement"]}`)
    )
      return "replacement-groups";
    return undefined;
  },
});
