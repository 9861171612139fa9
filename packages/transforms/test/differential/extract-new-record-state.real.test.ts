import fc from "fast-check";
import { configOf, header, some } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

const config = configOf({
  "delete.tombstone.handling.mode": some(
    "drop",
    "tombstone",
    "rewrite",
    "rewrite-with-tombstone",
    "delete-to-tombstone",
    "none",
  ),
  "add.fields": some(
    "op",
    "op,table",
    "source.ts_ms,db:DB",
    "transaction.id",
    "gtid,nothing",
    "before",
    "op:name",
    "a:b:c",
  ),
  "add.fields.prefix": some("", "meta_"),
  "add.headers": some("op", "op,table,source.ts_ms", "transaction.total_order:order", "ts_ms,gtid"),
  "add.headers.prefix": some("h."),
  "route.by.field": some("route", "route", "id", "nothing"),
  "drop.fields.header.name": some("dropped", "dropped", "dropped", "other"),
  "drop.fields.from.key": some("true"),
  "drop.fields.keep.schema.compatible": some("false"),
  "replace.null.with.default": some("false", "perhaps"),
});

const drops = { "drop.fields.header.name": "dropped" };
const listed = eventRecord({
  op: fc.constantFrom("c", "d"),
  headers: fc.constantFrom([header("dropped", '["id","name","amount","at"]')]),
});

differential({
  examples: fc.sample(listed, { numRuns: 20, seed: 7 }).flatMap((record) => [
    { config: { ...drops, "delete.tombstone.handling.mode": "rewrite" }, record },
    { config: { ...drops, "drop.fields.from.key": "true" }, record },
    { config: { ...drops, "drop.fields.keep.schema.compatible": "false" }, record },
  ]),
  class: "io.debezium.transforms.ExtractNewRecordState",
  count: process.env["TANDEM_FULL"] === "1" ? 3_000 : 150,
  cases: fc.record({ config, record: eventRecord() }),
  difference({ config: given, record }, { java, ours }) {
    if ("refused" in ours && ours.refused === "configure" && given["replace.null.with.default"] === "perhaps")
      return "strict-options";
    if (given["add.fields"] === "before" && "result" in ours) return "unwrap-adds-structs";
    if (!("refused" in java) || !("result" in ours)) return undefined;
    const list = given["drop.fields.header.name"];
    if (
      given["delete.tombstone.handling.mode"] === "delete-to-tombstone" &&
      record.headers.some(({ key }) => key === list)
    )
      return "unwrap-drops-of-tombstones";
    return undefined;
  },
});
