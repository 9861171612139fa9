import fc from "fast-check";
import type { WireRecord } from "@tandem-cdc/testbed";
import { anyType, configOf, record, some, structOf, type TypeOf } from "./arbitrary.ts";
import { event, eventRecord, optionalText, text } from "./events.ts";
import { differential } from "./harness.ts";

const TEXTS = [
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
];
const payload: fc.Arbitrary<TypeOf> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ schema: optionalText, value: fc.constantFrom(...TEXTS, null) }) },
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

const often = fc.constantFrom(true, true, true, true, false);

const rowOf = (body: fc.Arbitrary<TypeOf>): fc.Arbitrary<TypeOf> =>
  fc
    .tuple(body, at, often, often)
    .map(([content, time, keyed, typed]) =>
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
          ["payload", content],
          ["at", time],
          ["version", { schema: { type: "int32", optional: true }, value: fc.constantFrom(1, 2, null) }],
          ["part", { schema: { type: "int32", optional: false }, value: fc.integer({ min: 0, max: 5 }) }],
        ],
        { name: "shop.outbox.Value", optional: true },
      ),
    );

const good = configOf({
  "table.op.invalid.behavior": some("warn", "error", "fatal"),
  "table.field.event.key": some("id"),
  "table.field.event.timestamp": some("at"),
  "table.field.event.schema.version": some("version"),
  "table.fields.additional.placement": some(
    "type:header",
    "type:envelope,part:partition",
    "type:header:eventType, version:envelope:v",
    "part:partition",
  ),
  "table.fields.additional.error.on.missing": some("false"),
  "table.expand.json.payload": some("true", "true", "false"),
  "table.json.payload.null.behavior": some("ignore", "optional_bytes"),
  "route.by.field": some("id", "type"),
  "route.topic.regex": some("(?<routedByValue>.*)", "(?<routedByValue>.*)r.*"),
  "route.topic.replacement": some("outbox.${routedByValue}", "events"),
  "route.tombstone.on.empty.payload": some("true"),
});

const bad: fc.Arbitrary<Record<string, string>> = fc.constantFrom(
  { "table.op.invalid.behavior": "other" },
  { "table.field.event.id": "nothing" },
  { "table.field.event.key": "nothing" },
  { "table.field.event.timestamp": "id" },
  { "table.field.event.payload": "nothing" },
  { "table.field.event.schema.version": "type", "table.fields.additional.placement": "part:envelope" },
  { "table.fields.additional.placement": "type:envelope:payload" },
  { "table.fields.additional.placement": "nothing:header" },
  { "table.fields.additional.placement": "nothing:envelope" },
  { "table.fields.additional.placement": "type" },
  { "table.fields.additional.placement": "type:header:a:b" },
  { "route.by.field": "part" },
  { "route.topic.regex": "(.*)r(.*)" },
);

const config = fc
  .tuple(good, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: bad }))
  .map(([most, one]) => Object.assign({}, most, one));

const TEXT_OF_JSON = /^[[{]/;

/** An event with this payload. */
function created(text: string): WireRecord {
  const body = fc.constant({ schema: optionalText, value: fc.constant(text) });
  const value = event({ row: rowOf(body), op: fc.constant("c") });
  const [one] = fc.sample(record({ value }), { numRuns: 1, seed: 5 });
  if (one === undefined) throw new Error("no record");
  return Object.assign(one, { as: "source" as const });
}

differential({
  examples: TEXTS.map((text) => ({
    config: { "table.expand.json.payload": "true", "table.field.event.key": "id" },
    record: created(text),
  })),
  class: "io.debezium.transforms.outbox.EventRouter",
  count: process.env["TANDEM_FULL"] === "1" ? 5_000 : 150,
  // The original keeps the name that a schema got for the first route.
  fresh: ({ config: given }) => (given["table.fields.additional.placement"] ?? "").includes("envelope"),
  cases: fc.record({
    config,
    record: eventRecord({ row: rowOf(payload), op: fc.constantFrom("c", "c", "c", "c", "r", "u", "d") }),
  }),
  difference({ config: given, record: { value } }, { java, ours }) {
    if ("refused" in ours && ours.refused === "configure" && given["route.topic.regex"] === "(.*)r(.*)")
      return "replacement-groups";
    const after = (value as { after?: { payload?: unknown } } | null)?.after;
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
