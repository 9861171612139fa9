import { batchOf, type DataValue, type Header, type LaneContext } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import {
  byLogicalTableRouter,
  type ConfiguredTransform,
  type ConnectRecord,
  contentBasedFilter,
  contentBasedRouter,
  eventRouter,
  extractChangedRecordState,
  extractNewRecordState,
  headerToValue,
  jsonConverter,
  partitionRouting,
  recordTransforms,
  timezoneConverter,
} from "@tandem-cdc/transforms";

// What the differential tests cannot show: events without schemas, functions, and that what is not changed keeps its bytes.

const lane = { topic: "shop.orders", partition: 2 };
const converters = { key: jsonConverter(), value: jsonConverter() };
const context = { lane, signal: new AbortController().signal } as unknown as LaneContext;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array | null): string | null => (of === null ? null : new TextDecoder().decode(of));

async function through(
  steps: ConfiguredTransform | readonly ConfiguredTransform[],
  value: unknown,
  headers: readonly Header[] = [],
) {
  const payload = value === null ? null : bytes(JSON.stringify(value));
  const batch = batchOf(lane, [{ offset: 7, timestamp: 1_000, key: bytes('{"id":1}'), value: payload, headers }]);
  const { next, rejected } = await recordTransforms(Array.isArray(steps) ? steps : [steps], { converters }).apply(
    batch,
    context,
  );
  if (rejected.length > 0) return { rejected: rejected[0]?.cause.message };
  if (next.length === 0) return "dropped";
  const json = (of: Uint8Array | null) => (of === null ? null : (JSON.parse(text(of) ?? "") as DataValue));
  return {
    topic: next.topic(0),
    partition: next.partition(0),
    timestamp: next.timestamp(0),
    key: json(next.key(0)),
    value: json(next.value(0)),
    headers: next.headers(0).map(({ key, value: of }) => `${key}=${text(of)}`),
    untouched: next === batch,
    sameBytes: next.value(0) === payload,
  };
}

const source = { connector: "mariadb", db: "shop", table: "orders", ts_ms: 1_700_000_000_000 };
const row = { id: 1, name: "x", amount: 12.5 };
const created = { before: null, after: row, source, op: "c", ts_ms: 5 };
const updated = { before: { ...row, name: "w" }, after: row, source, op: "u", ts_ms: 5 };
const deleted = { before: row, after: null, source, op: "d", ts_ms: 5 };

describe("ExtractNewRecordState, without schemas (unwrap-without-schema, unwrap-old-options)", () => {
  it("makes of an event its row, with fields and headers of the event", async () => {
    const unwrap = extractNewRecordState({ "add.fields": "op,table,source.ts_ms:AT", "add.headers": "op,db,ts_ms" });
    expect(await through(unwrap, updated)).toMatchObject({
      value: { ...row, __op: "u", __table: "orders", __AT: source.ts_ms },
      headers: ["__op=u", "__db=shop", "__ts_ms=5"],
    });
  });

  it("leaves alone what is no event", async () => {
    expect(await through(extractNewRecordState({}), { op: "buy", after: "noon" })).toMatchObject({ untouched: true });
  });

  it.each<[string, Parameters<typeof extractNewRecordState>[0], unknown, unknown]>([
    ["tombstone", {}, { value: null }, "dropped"],
    ["drop", { "delete.tombstone.handling.mode": "drop" }, "dropped", "dropped"],
    ["rewrite", { "delete.tombstone.handling.mode": "rewrite" }, { value: { ...row, __deleted: "true" } }, "dropped"],
    [
      "rewrite-with-tombstone",
      { "delete.tombstone.handling.mode": "rewrite-with-tombstone" },
      { value: { ...row, __deleted: "true" } },
      { value: null, sameBytes: true },
    ],
    ["the old drop", { "drop.tombstones": false }, { value: null }, "dropped"],
    ["the old default", { "drop.tombstones": "true" }, "dropped", "dropped"],
    [
      "the old rewrite",
      { "drop.tombstones": "false", "delete.handling.mode": "rewrite" },
      { value: { __deleted: "true" } },
      { value: null },
    ],
    ["the old none", { "delete.handling.mode": "none" }, { value: null }, "dropped"],
  ])("deletes and tombstones: %s", async (_, options, ofDelete, ofTombstone) => {
    const matching = (expected: unknown): unknown =>
      typeof expected === "string"
        ? expected
        : expect.objectContaining(
            Object.fromEntries(
              Object.entries(expected as object).map(([name, value]: [string, unknown]) => [
                name,
                typeof value === "object" && value !== null ? expect.objectContaining(value) : value,
              ]),
            ),
          );
    const unwrap = extractNewRecordState(options);
    expect(await through(unwrap, deleted)).toEqual(matching(ofDelete));
    expect(await through(unwrap, null)).toEqual(matching(ofTombstone));
  });

  it("routes by a column, and drops the columns that a header lists", async () => {
    const unwrap = extractNewRecordState({ "route.by.field": "name", "drop.fields.header.name": "drop" });
    const dropped = await through(unwrap, created, [{ key: "drop", value: bytes('["amount"]') }]);
    expect(dropped).toMatchObject({ topic: "x", value: { id: 1, name: "x" } });
    expect(await through(unwrap, created, [{ key: "drop", value: bytes("amount") }])).toEqual({
      rejected: 'header "drop" does not hold a list of field names',
    });
  });
});

describe("Debezium's other transforms, without schemas", () => {
  it("ByLogicalTableRouter routes and tells keys apart, and leaves the value's bytes", async () => {
    const router = byLogicalTableRouter({ "topic.regex": "shop\\.(.*)", "topic.replacement": "all.$1" });
    expect(await through(router, created)).toMatchObject({
      topic: "all.orders",
      key: { id: 1, __dbz__physicalTableIdentifier: "shop.orders" },
      sameBytes: true,
    });
  });

  it("EventRouter makes the event of an outbox row (outbox-without-schema), in the lane's partition", async () => {
    const outbox = {
      id: "e1",
      aggregatetype: "order",
      aggregateid: "o7",
      type: "created",
      payload: '{"a":1.0,"b":[1]}',
    };
    const router = eventRouter({
      "table.expand.json.payload": "true",
      "table.fields.additional.placement": "type:header:eventType",
      // Of Debezium's page; there is no tracing here.
      "tracing.span.context.field": "tracingspancontext",
      "tracing.operation.name": "debezium-read",
      "tracing.with.context.field.only": "false",
    });
    expect(await through(router, { ...created, after: outbox })).toMatchObject({
      topic: "outbox.event.order",
      partition: lane.partition,
      timestamp: 5,
      key: "o7",
      value: { a: 1, b: [1] },
      headers: ["id=e1", "eventType=created"],
    });
    expect(await through(router, deleted)).toBe("dropped");
    expect(await through(eventRouter({ "table.op.invalid.behavior": "fatal" }), updated)).toHaveProperty("rejected");
  });

  it("PartitionRouting (partition-without-schema) takes numbers for Longs, as Connect's JsonConverter does", async () => {
    const routing = partitionRouting({ "partition.payload.fields": "change.id", "partition.topic.num": 7 });
    expect(await through(routing, { ...created, after: { id: 4_294_967_301 } })).toMatchObject({ partition: 4 });
    expect(await through(routing, { ...deleted, before: { id: 5 } })).toMatchObject({ partition: 5, sameBytes: true });
  });

  it("ExtractChangedRecordState (changed-without-schema) and HeaderToValue put the changed columns into the event", async () => {
    const steps = [
      extractChangedRecordState({ "header.changed.name": "changed" }),
      headerToValue({ headers: "changed", fields: "changed", operation: "move" }),
    ];
    expect(await through(steps, updated)).toMatchObject({ value: { ...updated, changed: ["name"] }, headers: [] });
    expect(await through(steps, created)).toMatchObject({ value: { ...created, changed: [] } });
  });

  it("TimezoneConverter leaves events without schemas alone: nothing says what is a time", async () => {
    expect(await through(timezoneConverter({ "converted.timezone": "Asia/Tokyo" }), created)).toMatchObject({
      untouched: true,
    });
    expect(() => timezoneConverter({ "converted.timezone": "Asia/Tokio" })).toThrow(/time zone/);
  });
});

describe("expressions", () => {
  const kept = (condition: string | ((record: ConnectRecord) => boolean), value: unknown = updated) =>
    through(contentBasedFilter({ condition }), value);

  it("see values without schemas, and may be functions", async () => {
    expect(await kept("value.after.amount > 10 && key.id === 1")).toMatchObject({ untouched: true });
    expect(await kept("value.op === 'c'")).toBe("dropped");
    expect(await kept(({ offset }) => offset === 7)).toMatchObject({ untouched: true });
    const router = contentBasedRouter({ "topic.expression": ({ topic }) => `${topic}.copy` });
    expect(await through(router, updated)).toMatchObject({ topic: "shop.orders.copy", sameBytes: true });
  });

  it("in Debezium's documentation work as they stand there (expressions-language)", async () => {
    const groovy = { language: "jsr223.groovy" } as const;
    const filter = contentBasedFilter({ ...groovy, condition: "value.op == 'u' && value.before.id == 2" });
    expect(await through(filter, updated)).toBe("dropped");
    const router = contentBasedRouter({ ...groovy, "topic.expression": "value.op == 'u' ? 'updates' : null" });
    expect(await through(router, updated)).toMatchObject({ topic: "updates" });
    expect(await through(router, created)).toMatchObject({ untouched: true });
  });

  it("may not write into a record, and have to give an answer of the right kind", async () => {
    expect(await kept("(value.after.id = 2) > 1")).toEqual({
      rejected: "a record may not be changed by an expression",
    });
    expect(await kept("delete value.after.id")).toEqual({ rejected: "a record may not be changed by an expression" });
    expect(await kept("value.after.id")).toEqual({ rejected: "the expression has to give true or false, not number" });
    expect(await kept("value.nothing.at.all")).toHaveProperty("rejected");
  });

  it("that are no JavaScript are refused at once, as are languages that are not there", () => {
    expect(() => contentBasedFilter({ condition: "value.op ==" })).toThrow(/is no JavaScript/);
    expect(() => contentBasedFilter({ condition: "x -> x", language: "jsr223.groovy" })).toThrow(/is no JavaScript/);
    const python = { condition: "true", language: "jsr223.python" as "jsr223.js" };
    expect(() => contentBasedFilter(python)).toThrow(/language/);
  });

  it("decide about tombstones as they are told", async () => {
    const filter = (mode: "keep" | "drop" | "evaluate") =>
      contentBasedFilter({ condition: "value !== null", "null.handling.mode": mode });
    expect(await through(filter("keep"), null)).toMatchObject({ untouched: true });
    expect(await through(filter("drop"), null)).toBe("dropped");
    expect(await through(filter("evaluate"), null)).toBe("dropped");
  });
});
