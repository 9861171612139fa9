import { batchOf, type DataValue, type LaneContext } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import {
  type ConfiguredTransform,
  jsonConverter,
  maskField,
  recordTransforms,
  regexRouter,
  replaceField,
  setSchemaMetadata,
  timestampConverter,
  timestampRouter,
  valueToKey,
} from "@tandem-cdc/transforms";

const lane = { topic: "shop.orders", partition: 2 };
const converters = { key: jsonConverter(), value: jsonConverter() };
const context = { lane, signal: new AbortController().signal } as unknown as LaneContext;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (payload: Uint8Array | null): DataValue =>
  payload === null ? null : (JSON.parse(new TextDecoder().decode(payload)) as DataValue);

/** One record through a transform; its value is JSON. */
async function through(transform: ConfiguredTransform, value: unknown, timestamp = Date.UTC(2026, 10, 25)) {
  const payload = value === null ? null : bytes(JSON.stringify(value));
  const batch = batchOf(lane, [{ offset: 7, timestamp, key: bytes("1"), value: payload }]);
  const { next, rejected } = await recordTransforms([transform], { converters }).apply(batch, context);
  if (next.length === 0) return { rejected: rejected[0]?.cause.message };
  return {
    topic: next.topic(0),
    key: json(next.key(0)),
    value: json(next.value(0)),
    untouched: next === batch,
    sameBytes: next.value(0) === payload,
  };
}

const field = (name: string, type: string, more: object = {}) => ({ field: name, type, optional: true, ...more });
const envelope = (fields: readonly object[], payload: object | null, more: object = {}) => ({
  schema: { type: "struct", fields, optional: false, ...more },
  payload,
});
const typed = envelope([field("id", "int64"), field("name", "string")], { id: 1, name: null }, { name: "shop.Order" });

describe("Connect's transforms of fields, topics and keys leave alone what they do not change", () => {
  it.each<[string, ConfiguredTransform, unknown]>([
    ["MaskField of a field that is null", maskField({ fields: "name" }), typed],
    ["MaskField of a field that a struct lacks", maskField({ fields: "none" }), typed],
    ["RegexRouter of another topic", regexRouter({ regex: "other", replacement: "x" }), typed],
    ["RegexRouter to the same topic", regexRouter({ regex: "(.*)", replacement: "$1" }), typed],
    ["ReplaceField of fields that are not there", replaceField({ exclude: "x", renames: "y:z" }), typed],
    ["ReplaceField of a map", replaceField({ exclude: "x" }), { id: 1 }],
    ["ReplaceField of null", replaceField({ exclude: "x" }), null],
    ["SetSchemaMetadata to the same name", setSchemaMetadata({ "schema.name": "shop.Order" }), typed],
    ["SetSchemaMetadata of null", setSchemaMetadata({ "schema.version": 2 }), null],
    ["TimestampConverter of null", timestampConverter({ field: "at", "target.type": "unix" }), null],
  ])("%s", async (_, transform, value) => {
    expect(await through(transform, value)).toMatchObject({ untouched: true });
  });

  it.each<[string, ConfiguredTransform]>([
    ["RegexRouter", regexRouter({ regex: "shop\\.(.*)", replacement: "$1" })],
    ["TimestampRouter", timestampRouter({})],
    ["ValueToKey", valueToKey({ fields: "id" })],
  ])("%s keeps the bytes of the value", async (_, transform) => {
    expect(await through(transform, typed)).toMatchObject({ untouched: false, sameBytes: true });
  });
});

describe("Connect's transforms of fields, topics and keys", () => {
  it("mask with nothing, or with a replacement in the field's own type", async () => {
    const row = { a: "x", b: 7, c: true, d: [1], e: { f: 1 }, g: null };
    const fields = "a,b,c,d,e,g";
    expect((await through(maskField({ fields }), row)).value).toEqual({ a: "", b: 0, c: false, d: [], e: {}, g: null });
    const small = envelope([field("a", "string"), field("b", "int8")], { a: "x", b: 1 });
    expect(await through(maskField({ fields: "a,b", replacement: "300.7" }), small)).toMatchObject({
      value: { payload: { a: "300.7", b: 44 } },
    });
    expect((await through(maskField({ fields: "b", replacement: "***" }), row)).rejected).toMatch(/which is none/);
    expect((await through(maskField({ fields: "c", replacement: "***" }), row)).rejected).toMatch(/cannot be masked/);
  });

  it("keep the scale of masked decimals", async () => {
    const decimal = { name: "org.apache.kafka.connect.data.Decimal", version: 1, parameters: { scale: "2" } };
    const money = envelope([field("v", "bytes", decimal)], { v: "BNI=" });
    // 150, in two bytes because of its sign.
    expect(await through(maskField({ fields: "v", replacement: "1.5" }), money)).toMatchObject({
      value: { payload: { v: Buffer.from([0, 150]).toString("base64") } },
    });
    expect((await through(maskField({ fields: "v", replacement: "1.555" }), money)).rejected).toMatch(/does not fit/);
  });

  it("rename and leave out fields", async () => {
    const { value } = await through(replaceField({ exclude: "name", renames: "id:order_id" }), typed);
    expect(value).toMatchObject({
      schema: { name: "shop.Order", fields: [{ field: "order_id" }] },
      payload: { order_id: 1 },
    });
    expect((await through(replaceField({ renames: "id:name" }), typed)).rejected).toMatch(/two fields "name"/);
    const hostile = JSON.parse('{"__proto__": 1, "a": 2}') as object;
    expect((await through(replaceField({ renames: "a:constructor" }), hostile)).value).toEqual(
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
    );
  });

  it("convert timestamps between all that they can be", async () => {
    const convert = async (target: "string" | "unix" | "Timestamp", value: unknown) =>
      through(
        timestampConverter({
          field: "at",
          "target.type": target,
          format: "yyyy-MM-dd",
          "unix.precision": "microseconds",
        }),
        value,
      );
    expect((await convert("unix", { at: "2026-11-25" })).value).toEqual({ at: Date.UTC(2026, 10, 25) * 1000 });
    expect((await convert("string", { at: Date.UTC(2026, 10, 25) * 1000 })).value).toEqual({ at: "2026-11-25" });
    expect((await convert("Timestamp", envelope([field("at", "string")], { at: "2026-11-25" }))).value).toMatchObject({
      schema: { fields: [{ type: "int64", name: "org.apache.kafka.connect.data.Timestamp" }] },
      payload: { at: Date.UTC(2026, 10, 25) },
    });
    expect((await convert("unix", { at: true })).rejected).toMatch(/no timestamp/);
    expect((await convert("unix", { at: "25.11.2026" })).rejected).toMatch(/no date as the pattern/);
  });

  it("route by time, and refuse records without", async () => {
    expect((await through(timestampRouter({}), {})).topic).toBe("shop.orders-20261125");
    expect((await through(timestampRouter({}), {}, -1)).rejected).toMatch(/no timestamp/);
  });

  it("make keys of values", async () => {
    expect((await through(valueToKey({ fields: "id,x" }), { id: 1 })).key).toEqual({ id: 1, x: null });
    expect((await through(valueToKey({ fields: "x" }), typed)).rejected).toMatch(/no field "x"/);
  });

  it("refuse options that make no sense", () => {
    expect(() => maskField({ fields: "" })).toThrow(/names no field/);
    expect(() => regexRouter({ regex: "(", replacement: "x" })).toThrow(/is not a regular expression: .*Unterminated/);
    expect(() => regexRouter({ regex: "x", replacement: "$1" })).toThrow(/no group 1/);
    expect(() => replaceField({ renames: "a" })).toThrow(/pair/);
    expect(() => setSchemaMetadata({})).toThrow(/schema\.name or schema\.version/);
    expect(() => timestampConverter({ "target.type": "string" })).toThrow(/format/);
    expect(() => timestampRouter({ "timestamp.format": "ww" })).toThrow(/weeks/);
  });
});
