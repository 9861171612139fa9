import fc from "fast-check";
import { anyType, configOf, some, structOf, type TypeOf } from "./arbitrary.ts";
import { eventRecord, optionalText, text } from "./events.ts";
import { differential } from "./harness.ts";

const json = fc.constantFrom(
  '{"a":1,"b":{"c":[1,2],"d":null},"e":1.0,"f":3000000000,"g":true}',
  '{"items":[{"x":1,"y":"z"},{"x":2,"y":"w"}],"none":[],"nulls":[null]}',
  '{"list":[[1],[2,3]],"texts":["a",null]}',
  '{"mixed":[1,"a"]}',
  '{"numbers":[1,3000000000]}',
  '{"big":123456789012345678901234567890}',
  '{"big":1e400}',
  "[1,2]",
  '[{"a":1}]',
  "[]",
  "{}",
  "{broken",
  "plain text",
  "  ",
  "",
);
const payload: fc.Arbitrary<TypeOf> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ schema: optionalText, value: fc.oneof(json, fc.constant(null)) }) },
  { weight: 1, arbitrary: anyType(1) },
);

const times = [
  "io.debezium.time.Timestamp",
  "io.debezium.time.MicroTimestamp",
  "io.debezium.time.NanoTimestamp",
  "other",
];
const at: fc.Arbitrary<TypeOf> = fc.constantFrom(undefined, ...times).map((name) => ({
  schema: { type: "int64", optional: true, ...(name === undefined ? {} : { name }) },
  value: fc.constantFrom({ $long: "1700000000123456789" }, { $long: "1700000000123" }, { $long: "15" }, null),
}));

const row = fc
  .tuple(payload, at, fc.boolean(), fc.boolean())
  .map(([body, time, keyed, typed]) =>
    structOf(
      [
        ["id", { schema: text, value: fc.constantFrom("event-1", "event-2") }],
        ["aggregatetype", { schema: optionalText, value: fc.constantFrom("order", "customer", "order", null) }],
        ...(keyed
          ? [
              [
                "aggregateid",
                { schema: { ...optionalText, default: "none" }, value: fc.constantFrom("7", "8", null) },
              ] as const,
            ]
          : []),
        ...(typed ? [["type", { schema: text, value: fc.constant("created") }] as const] : []),
        ["payload", body],
        ["at", time],
        ["version", { schema: { type: "int32", optional: true }, value: fc.constantFrom(1, 2, null) }],
        ["part", { schema: { type: "int32", optional: false }, value: fc.integer({ min: 0, max: 5 }) }],
      ],
      { name: "shop.outbox.Value", optional: true },
    ),
  );

const config = configOf({
  "table.op.invalid.behavior": some("warn", "error", "fatal", "other"),
  "table.field.event.id": some("type"),
  "table.field.event.key": some("id", "type", "nothing"),
  "table.field.event.timestamp": some("at", "at", "id"),
  "table.field.event.payload": some("payload", "payload", "nothing"),
  "table.field.event.schema.version": some("version", "type"),
  "table.fields.additional.placement": some(
    "type:header",
    "type:envelope,part:partition",
    "type:header:eventType, version:envelope:v",
    "part:partition",
    "type:envelope:payload",
    "nothing:header",
    "type",
    "type:header:a:b",
  ),
  "table.fields.additional.error.on.missing": some("false"),
  "table.expand.json.payload": some("true", "true"),
  "table.json.payload.null.behavior": some("ignore", "optional_bytes"),
  "route.by.field": some("type", "id", "part"),
  "route.topic.regex": some("(?<routedByValue>.*)", "(.*)r(.*)"),
  "route.topic.replacement": some("outbox.${routedByValue}", "events"),
  "route.tombstone.on.empty.payload": some("true"),
});

const TEXT_OF_JSON = /^[[{]/;

differential({
  class: "io.debezium.transforms.outbox.EventRouter",
  count: process.env["TANDEM_FULL"] === "1" ? 5_000 : 150,
  // The original keeps the name that a schema got for the first route.
  fresh: ({ config: given }) => (given["table.fields.additional.placement"] ?? "").includes("envelope"),
  cases: fc.record({ config, record: eventRecord({ row, op: fc.constantFrom("c", "c", "c", "c", "r", "u", "d") }) }),
  difference({ config: given, record }, { java, ours }) {
    if ("refused" in ours && ours.refused === "configure" && given["route.topic.regex"] === "(.*)r(.*)")
      return "replacement-groups";
    const after = (record.value as { after?: { payload?: unknown } } | null)?.after;
    const body = after?.payload;
    if (given["table.expand.json.payload"] === "true" && typeof body === "string" && TEXT_OF_JSON.test(body)) {
      const hard = body.startsWith("[") || body.includes("big");
      if (hard) return "outbox-json";
    }
    const lenient = given["table.fields.additional.error.on.missing"] === "false";
    if (
      lenient &&
      "refused" in java &&
      "result" in ours &&
      (given["table.fields.additional.placement"] ?? "").includes("envelope")
    )
      return "outbox-missing-in-envelope";
    return undefined;
  },
});
