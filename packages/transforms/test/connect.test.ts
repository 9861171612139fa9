import { batchOf, type DataValue, type Header, type LaneContext, type Schema } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import {
  cast,
  type ConfiguredTransform,
  dropHeaders,
  extractField,
  filter,
  flatten,
  hasHeaderKey,
  headerFrom,
  insertField,
  insertHeader,
  jsonConverter,
  recordIsTombstone,
  recordTransforms,
} from "@tandem-cdc/transforms";

const lane = { topic: "shop.orders", partition: 2 };
const converters = { key: jsonConverter(), value: jsonConverter() };
const context = { lane, signal: new AbortController().signal } as unknown as LaneContext;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const header = (key: string, value: string): Header => ({ key, value: bytes(value) });

/** One record through some transforms; its value is JSON. */
async function through(steps: readonly ConfiguredTransform[], value: unknown, headers: readonly Header[] = []) {
  const payload = value === null ? null : bytes(JSON.stringify(value));
  const batch = batchOf(lane, [{ offset: 7, timestamp: 1000, key: bytes("1"), value: payload, headers }]);
  const { next, rejected } = await recordTransforms(steps, { converters }).apply(batch, context);
  if (next.length === 0) return { rejected: rejected[0]?.cause.message };
  const made = next.value(0);
  return {
    value: made === null ? null : (JSON.parse(new TextDecoder().decode(made)) as DataValue),
    headers: next.headers(0).map(({ key, value: of }) => [key, of === null ? null : new TextDecoder().decode(of)]),
    untouched: next === batch,
    sameBytes: made === payload,
  };
}

const field = (name: string, type: string, more: object = {}) => ({ field: name, type, optional: true, ...more });
const envelope = (fields: readonly object[], payload: object | null) => ({
  schema: { type: "struct", fields, optional: false },
  payload,
});

describe("Connect's transforms leave alone what they do not change", () => {
  const row = { id: 1, name: "x" };
  const typed = envelope([field("id", "int64"), field("name", "string")], row);

  it.each<[string, ConfiguredTransform, unknown]>([
    ["DropHeaders without such a header", dropHeaders({ headers: ["none"] }), row],
    ["ExtractField of null", extractField({ field: "id" }), null],
    ["Flatten of a flat map", flatten({}), row],
    ["Flatten of a flat struct", flatten({}), typed],
    ["Cast of fields that a struct lacks", cast({ spec: "price:int64" }), typed],
    ["Cast of null", cast({ spec: "int64" }), null],
    ["InsertField into null", insertField({ "topic.field": "t" }), null],
  ])("%s", async (_, transform, value) => {
    expect(await through([transform], value, [header("h", "1")])).toMatchObject({ untouched: true });
  });

  it.each<[string, ConfiguredTransform]>([
    ["InsertHeader", insertHeader({ header: "h", "value.literal": "1.50" })],
    ["HeaderFrom that copies", headerFrom({ fields: "id", headers: "h", operation: "copy" })],
  ])("%s keeps the bytes of the value", async (_, transform) => {
    expect(await through([transform], typed)).toMatchObject({ untouched: false, sameBytes: true });
  });
});

describe("Connect's transforms", () => {
  it("work on maps and on structs, whose schema is derived once", async () => {
    const insert = insertField({ "topic.field": "t!", "offset.field": "o", "static.field": "s", "static.value": "x" });
    expect(await through([insert], { id: 1 })).toMatchObject({ value: { id: 1, t: lane.topic, o: 7, s: "x" } });
    const { value } = await through([insert], envelope([field("id", "int64")], { id: 1 }));
    expect(value).toMatchObject({
      schema: {
        fields: [
          { field: "id" },
          { field: "t", type: "string", optional: false },
          { field: "o", type: "int64", optional: true },
          { field: "s" },
        ],
      },
      payload: { id: 1, t: lane.topic, o: 7, s: "x" },
    });

    const schemas = new Set<Schema | null>();
    const remembers = (part: ConfiguredTransform): ConfiguredTransform => ({
      name: "remembers",
      transform: (record) => {
        const made = (part.transform as (of: typeof record) => typeof record)(record);
        schemas.add(made.valueSchema);
        return made;
      },
    });
    for (let i = 0; i < 3; i++)
      await through([remembers(insert)], envelope([field("id", "int64"), field("again", "string")], { id: i }));
    expect(schemas.size).toBe(1);
  });

  it("take the default value for a null field, unless they are told not to", async () => {
    const typed = envelope([field("id", "int64", { default: 5 })], { id: null });
    expect(await through([extractField({ field: "id" })], typed)).toMatchObject({ value: { payload: 5 } });
    const kept = extractField({ field: "id", "replace.null.with.default": false });
    expect(await through([kept], typed)).toMatchObject({ value: { payload: null } });
  });

  it("move fields into headers, as text that Connect reads", async () => {
    const move = headerFrom({ fields: ["at", "tags"], headers: ["h-at", "h-tags"], operation: "move" });
    const typed = envelope([field("id", "int64"), field("at", "double"), field("tags", "string")], {
      id: 1,
      at: 2,
      tags: null,
    });
    expect(await through([move], typed, [header("h", "x")])).toMatchObject({
      value: { schema: { fields: [{ field: "id" }] }, payload: { id: 1 } },
      headers: [
        ["h", "x"],
        ["h-at", "2.0"],
        ["h-tags", null],
      ],
    });
  });

  it("are safe from names of fields that JavaScript has a meaning for", async () => {
    const hostile = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as object;
    expect(await through([flatten({ delimiter: "_" })], hostile)).toMatchObject({
      value: { __proto___a: 1, constructor: 2 },
    });
    expect(await through([extractField({ field: "toString" })], { id: 1 })).toMatchObject({ value: null });
    expect(await through([cast({ spec: "valueOf:string" })], { id: 1 })).toMatchObject({
      value: { id: 1, valueOf: null },
    });
  });

  it("cast as Java does", async () => {
    const casts = async (spec: string, value: unknown) => (await through([cast({ spec })], { v: value })).value;
    expect(await casts("v:int8", 300)).toEqual({ v: 44 });
    expect(await casts("v:int32", 1e10 + 0.5)).toEqual({ v: 2_147_483_647 });
    expect(await casts("v:boolean", "yes")).toEqual({ v: false });
    expect(await casts("v:float32", "0.1f")).toEqual({ v: Math.fround(0.1) });
    expect(await through([cast({ spec: "v:int8" })], { v: "300" })).toEqual({ rejected: '"300" is no int8' });
    expect(await through([cast({ spec: "v:int8" })], { v: [1] })).toEqual({
      rejected: "a list cannot be cast to int8",
    });
  });

  it("refuse records that they cannot do", async () => {
    expect((await through([extractField({ field: "x" })], envelope([], {}))).rejected).toMatch(/no field "x"/);
    expect((await through([flatten({})], [1])).rejected).toMatch(/only structs and maps/);
    expect((await through([filter({})], { id: 1 })).rejected).toBeUndefined();
    const twice = insertField({ "topic.field": "id" });
    expect((await through([twice], envelope([field("id", "int64")], { id: 1 }))).rejected).toMatch(/two fields "id"/);
  });

  it("refuse options that make no sense", () => {
    expect(() => insertField({})).toThrow(/no field/);
    expect(() => insertField({ "static.field": "s" })).toThrow(/static\.value/);
    expect(() => headerFrom({ fields: "a,b", headers: "x", operation: "copy" })).toThrow(/as many/);
    expect(() => cast({ spec: "id:decimal" })).toThrow(/int8, int16/);
    expect(() => cast({ spec: "id:int8,string" })).toThrow(/cannot have others/);
    expect(() => dropHeaders({ headers: "" })).toThrow(/names no header/);
  });
});

describe("Connect's predicates", () => {
  const seen = async (predicate: ReturnType<typeof hasHeaderKey>, value: unknown, headers: readonly Header[] = []) => {
    const step = { ...filter({}), predicate };
    return (await through([step], value, headers)).value === undefined;
  };

  it("HasHeaderKey looks for a name", async () => {
    expect(await seen(hasHeaderKey({ name: "h" }), 1, [header("h", "")])).toBe(true);
    expect(await seen(hasHeaderKey({ name: "h" }), 1, [header("H", "")])).toBe(false);
  });

  it("RecordIsTombstone: no value, or an envelope without one", async () => {
    expect(await seen(recordIsTombstone({}), null)).toBe(true);
    expect(await seen(recordIsTombstone({}), envelope([], null))).toBe(true);
    expect(await seen(recordIsTombstone({}), {})).toBe(false);
  });
});
