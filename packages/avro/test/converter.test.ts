import { readFileSync } from "node:fs";
import {
  type DataObject,
  type DataValue,
  Decimal,
  type Schema,
  sameSchema,
  sameValue,
  TandemError,
} from "@tandem-cdc/core";
import { describe, expect, it, test } from "vitest";
import { autoConverter, avroConverter, framed, readSchemaId, schemaRegistry } from "../src/index.ts";
import { deriveSchema } from "../src/connect/derive.ts";
import { SchemaRefused } from "../src/registry-rest.ts";
import { memoryRegistry } from "./memory-registry.ts";
import { payloadOf } from "./payloads.ts";
import { registryServer } from "./registry-server.ts";
import { stubRegistry } from "./stub-registry.ts";

const signal = new AbortController().signal;
const place = { topic: "t", part: "value" } as const;
type Converter = ReturnType<typeof avroConverter>;

async function read(converter: Converter, payload: Uint8Array | null) {
  await converter.prepare?.([payload], signal);
  return converter.toConnectData(payload, place);
}

async function write(converter: Converter, schema: Schema | null, value: DataValue, topic = "out") {
  const context = { topic, part: "value" } as const;
  await converter.prepareSchemas?.([{ schema, value, context }], signal);
  return converter.fromConnectData({ schema, value }, context);
}

/** A value through bytes of a schema that Connect's was made from. */
async function written(schema: Schema, value: DataValue) {
  const registry = memoryRegistry();
  const bytes = await write(avroConverter({ registry }), schema, value);
  return { registry, ...(await read(avroConverter({ registry }), bytes)) };
}

const struct = (fields: Readonly<Record<string, Schema>>, more: Partial<Schema> = {}): Schema => ({
  type: "struct",
  optional: false,
  ...more,
  fields: Object.entries(fields).map(([name, schema]) => ({ name, schema })),
});
const of = (type: Schema["type"], more: Partial<Schema> = {}): Schema => ({ type, optional: false, ...more });
const CONNECT = "org.apache.kafka.connect.data";

interface Line {
  readonly key: string | null;
  readonly value: string | null;
}

describe.each(["mariadb", "postgresql"])("changes that Debezium recorded (%s)", (database) => {
  const fixture = (name: string): string =>
    readFileSync(new URL(`../../debezium/test/fixtures/${database}-${name}`, import.meta.url), "utf8");
  const schemas = JSON.parse(fixture("avro-schemas.json")) as Readonly<Record<number, unknown>>;
  const payloads = fixture("avro.jsonl")
    .trimEnd()
    .split("\n")
    .flatMap((line) => [(JSON.parse(line) as Line).key, (JSON.parse(line) as Line).value])
    .filter((payload) => payload !== null)
    .map((payload) => Buffer.from(payload, "base64"));
  const body = (payload: Uint8Array | null): string => Buffer.from(payload?.subarray(5) ?? []).toString("hex");

  test("written again by the schema that they were read by, are the same bytes", async () => {
    const registry = memoryRegistry(schemas);
    const converter = avroConverter({ registry });
    for (const payload of payloads) {
      const { schema, value } = await read(converter, payload);
      const again = await write(converter, schema, value);
      expect(body(again)).toBe(body(payload));
      expect(registry.texts.get(readSchemaId(again ?? payload))).toBe(registry.texts.get(readSchemaId(payload)));
    }
  });

  test("written by a derived schema, are the same bytes, and read as the same again", async () => {
    const registry = memoryRegistry(schemas);
    const converter = avroConverter({ registry });
    for (const payload of payloads) {
      const { schema, value } = await read(converter, payload);
      const again = await write(converter, { ...(schema as Schema) }, value);
      expect(body(again)).toBe(body(payload));
      const seen = await read(converter, again);
      expect(sameSchema(seen.schema, schema)).toBe(true);
      expect(sameValue(seen.value, value)).toBe(true);
    }
  });
});

describe("an Avro value in Connect's terms", () => {
  it("has Connect's own types for Avro's logical ones", async () => {
    const avro = {
      type: "record",
      name: "R",
      fields: [
        { name: "day", type: { type: "int", logicalType: "date" } },
        { name: "time", type: { type: "int", logicalType: "time-millis" } },
        { name: "at", type: ["null", { type: "long", logicalType: "timestamp-millis" }] },
        { name: "micros", type: { type: "long", logicalType: "timestamp-micros" } },
        { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
        { name: "fixed", type: { type: "fixed", name: "F", size: 4, logicalType: "decimal", precision: 9, scale: 1 } },
      ],
    };
    const value = {
      day: 2,
      time: 5,
      at: { long: 7n },
      micros: 2n ** 60n,
      price: Buffer.from([0xff, 0x01]),
      fixed: Buffer.from([0xff, 0xff, 0xff, 0x80]),
    };
    const converter = avroConverter({ registry: memoryRegistry({ 1: avro }) });
    const seen = await read(converter, payloadOf(avro, value));
    expect(seen.value).toEqual({
      day: new Date(2 * 86_400_000),
      time: new Date(5),
      at: new Date(7),
      micros: 2n ** 60n,
      price: new Decimal(-255n, 2),
      fixed: new Decimal(-128n, 1),
    });
    expect(seen.schema?.fields?.map(({ schema }) => [schema.type, schema.name, schema.version])).toEqual([
      ["int32", `${CONNECT}.Date`, 1],
      ["int32", `${CONNECT}.Time`, 1],
      ["int64", `${CONNECT}.Timestamp`, 1],
      ["int64", undefined, undefined],
      ["bytes", `${CONNECT}.Decimal`, 1],
      ["bytes", `${CONNECT}.Decimal`, 1],
    ]);
    expect((await write(converter, seen.schema, seen.value))?.subarray(5)).toEqual(
      new Uint8Array(payloadOf(avro, value).subarray(5)),
    );
  });

  it("has a struct for a union of several, and keeps enums", async () => {
    const suit = { type: "enum", name: "n.Suit", symbols: ["HEARTS", "SPADES"] };
    const avro = { type: "record", name: "R", fields: [{ name: "u", type: ["null", "string", "long", suit] }] };
    const registry = memoryRegistry({ 1: avro });
    const converter = avroConverter({ registry });
    const seen = await read(converter, payloadOf(avro, { u: { "n.Suit": "SPADES" } }));
    expect(seen.value).toEqual({ u: { Suit: "SPADES" } });
    const again = await write(converter, { ...(seen.schema as Schema) }, seen.value);
    expect(JSON.parse(registry.texts.get(readSchemaId(again as Uint8Array)) ?? "")).toMatchObject({
      fields: [{ type: ["null", "string", "long", { type: "enum", symbols: suit.symbols }] }],
    });
    expect((await read(converter, again)).value).toEqual(seen.value);
  });

  it("refuses schemas that Connect has nothing for, with the record", async () => {
    const tree = { type: "record", name: "Tree", fields: [{ name: "left", type: ["null", "Tree"] }] };
    const converter = avroConverter({ registry: memoryRegistry({ 1: tree, 2: { type: "array", items: "null" } }) });
    await expect(read(converter, framed(1, Buffer.from([0])))).rejects.toThrow("Tree holds itself");
    await expect(read(converter, framed(2, Buffer.from([0])))).rejects.toMatchObject({ code: "RECORD_MALFORMED" });
  });

  it("refuses what does not fit", async () => {
    const converter = avroConverter({
      registry: memoryRegistry({ 1: "int", 2: { type: "int", "connect.type": "int8" } }),
    });
    const big = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x7f]);
    for (const payload of [framed(1, big), framed(2, Buffer.from([0x80, 2])), framed(1, Buffer.from([2, 2]))])
      await expect(read(converter, payload)).rejects.toMatchObject({ code: "RECORD_MALFORMED" });
  });
});

describe("a value that transforms made", () => {
  const all = struct(
    {
      tiny: of("int8"),
      small: of("int16", { optional: true }),
      long: of("int64"),
      single: of("float32"),
      double: of("float64"),
      yes: of("boolean"),
      day: of("int32", { name: `${CONNECT}.Date`, version: 1, default: new Date(86_400_000), optional: true }),
      at: of("int64", { name: `${CONNECT}.Timestamp`, version: 1 }),
      price: of("bytes", { name: `${CONNECT}.Decimal`, version: 1, parameters: { scale: "3" } }),
      raw: of("bytes", { default: new Uint8Array([255, 0]) }),
      micros: of("int64", { name: "io.debezium.time.MicroTimestamp", version: 1 }),
      list: of("array", { valueSchema: of("string", { optional: true }) }),
      texts: of("map", { keySchema: of("string"), valueSchema: of("int32") }),
      numbers: of("map", { keySchema: of("int32"), valueSchema: of("string") }),
      others: of("map", { keySchema: of("int64"), valueSchema: of("string", { optional: true }) }),
      inner: struct({ x: of("int32") }, { optional: true }),
      other: struct({ y: of("string") }),
      named: struct({ z: of("string") }, { name: "shop.Z", version: 2, doc: "it", parameters: { p: "q" } }),
      again: struct(
        { z: of("string") },
        { name: "shop.Z", version: 2, doc: "it", parameters: { p: "q" }, optional: true },
      ),
    },
    { name: "shop.orders.Value" },
  );
  const value: DataObject = {
    tiny: -128,
    small: null,
    long: -(2n ** 63n),
    single: 1.5,
    double: Number.NaN,
    yes: true,
    day: null,
    at: new Date(-1),
    price: new Decimal(-(10n ** 30n), 3),
    raw: new Uint8Array([1, 2]),
    micros: 2 ** 52 + 1,
    list: ["a", null],
    texts: { b: 1, ["__proto__"]: 2 },
    numbers: new Map([[1, "x"]]),
    others: new Map([[2n ** 60n, null]]),
    inner: { x: 1 },
    other: { y: "ä" },
    named: { z: "1" },
    again: { z: "2" },
  };

  it("comes back as it was, with its schema", async () => {
    const seen = await written(all, value);
    expect(seen.value).toEqual(value);
    expect(seen.schema).toEqual(all);
  });

  it("has one text for equal schemas, of which the second is only asked for once", async () => {
    const registry = memoryRegistry();
    const converter = avroConverter({ registry });
    await Promise.all([all, { ...all }, all].map((schema) => write(converter, schema, value)));
    expect(registry.asked).toEqual(["out-value"]);
    await write(converter, all, value, "other");
    expect(registry.asked).toEqual(["out-value", "other-value"]);
  });

  it("has its default values where it has no others", async () => {
    const schema = struct({ a: of("int32", { default: 7 }), b: of("int32", { default: 8, optional: true }) });
    expect((await written(schema, {})).value).toEqual({ a: 7, b: null });
  });

  it.each([
    ["a name that Avro does not have", struct({ "a.b": of("string") }), { "a.b": "" }, /"a\.b".*Flatten/],
    [
      "two types of one name",
      struct({ a: struct({ x: of("int32") }, { name: "n.A" }), b: struct({}, { name: "n.A" }) }),
      {},
      /n\.A/,
    ],
    ["another type", struct({ a: of("int32") }), { a: "text" }, /a is text, where int32 is due/],
    ["too large a number", struct({ a: of("int8") }), { a: 128 }, /a is the number 128/],
    ["a missing field", struct({ a: of("int32") }), {}, /a is null/],
    [
      "a decimal of another scale",
      struct({ a: of("bytes", { name: `${CONNECT}.Decimal` }) }),
      { a: new Decimal(1n, 1) },
      /scale 1/,
    ],
    ["no schema", null, { a: 1 }, /valueSchema/],
  ] as const)("is rejected for %s", async (_, schema, it, message) => {
    const tried = write(avroConverter({ registry: memoryRegistry() }), schema, it);
    await expect(tried).rejects.toMatchObject({
      code: "RECORD_MALFORMED",
      message: expect.stringMatching(message) as string,
    });
  });

  it("keeps nulls: tombstones", async () => {
    const registry = memoryRegistry();
    expect(await write(avroConverter({ registry }), null, null)).toBeNull();
    expect(await write(avroConverter({ registry }), all, null)).toBeNull();
    expect(registry.asked).toEqual([]);
  });
});

describe("the registry", () => {
  const schema = struct({ a: of("int32") });

  it("is waited for while it is down", async () => {
    const down = new TandemError("REGISTRY_UNAVAILABLE", "down", { retriable: true });
    const registry = memoryRegistry();
    let isDown = true;
    const register = (subject: string, text: unknown) =>
      isDown ? Promise.reject(down) : registry.register(subject, text);
    const converter = avroConverter({ registry: { ...registry, register } });
    await expect(write(converter, schema, { a: 1 })).rejects.toBe(down);
    isDown = false;
    expect(await write(converter, schema, { a: 1 })).not.toBeNull();
  });

  it("may refuse a schema: then the records of it are at fault, until somebody has mended it", async () => {
    const server = await registryServer((_, nth) =>
      nth <= 2 ? { status: 409, json: { error_code: 409, message: "incompatible" } } : { json: { id: 12 } },
    );
    const converter = avroConverter({ registry: schemaRegistry({ url: server.url }) });
    const context = { topic: "out", part: "value" } as const;
    const item = { schema, value: { a: 1 }, context };
    await converter.prepareSchemas?.([item], signal);
    expect(() => converter.fromConnectData(item, context)).toThrow(
      expect.objectContaining({
        code: "REGISTRY_REFUSED",
        retriable: false,
        message: expect.stringMatching(/subject out-value .*409: incompatible/) as string,
      }),
    );
    await converter.prepareSchemas?.([item], signal);
    expect(readSchemaId(converter.fromConnectData(item, context) as Uint8Array)).toBe(12);
  });

  it("is asked for one schema of a subject at a time, in the order of records, and again when it refuses", async () => {
    const registry = memoryRegistry();
    const texts: string[] = [];
    let [underway, refusals] = [0, 1];
    const register = async (subject: string, text: unknown): Promise<number> => {
      expect(++underway).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underway--;
      if (refusals-- > 0) throw new SchemaRefused("another process was there at the same moment");
      texts.push(String(text));
      return registry.register(subject, text);
    };
    const converter = avroConverter({ registry: { ...registry, register } });
    const schemas = ["int8", "int16", "int32"].map((type) => struct({ a: of(type as Schema["type"]) }));
    const items = schemas.map((schema) => ({ schema, value: { a: 1 }, context: place }));
    await converter.prepareSchemas?.(items, signal);
    expect(texts).toEqual(schemas.map(deriveSchema));
    for (const item of items) expect(converter.fromConnectData(item, place)).not.toBeNull();
  });

  it("is down for every lane alike, also where the one that asked has ended meanwhile", async () => {
    const down = new TandemError("REGISTRY_UNAVAILABLE", "down", { retriable: true });
    const ending = new AbortController();
    const register = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw down;
    };
    const converter = avroConverter({ registry: { ...memoryRegistry(), register } });
    const items = [{ schema, value: { a: 1 }, context: place }];
    const [ended, going] = [
      converter.prepareSchemas?.(items, ending.signal),
      converter.prepareSchemas?.(items, signal),
    ];
    ending.abort();
    expect(await Promise.allSettled([ended, going])).toEqual([
      { status: "rejected", reason: down },
      { status: "rejected", reason: down },
    ]);
  });

  it("is only asked, where nothing may be registered", async () => {
    const registry = memoryRegistry();
    const converter = avroConverter({ registry, autoRegister: false });
    await expect(write(converter, schema, { a: 1 })).rejects.toMatchObject({
      code: "REGISTRY_REFUSED",
      retriable: false,
      message: expect.stringContaining("subject out-value") as string,
    });
    const id = await registry.register("out-value", deriveSchema(schema));
    expect(readSchemaId((await write(converter, schema, { a: 1 })) as Uint8Array)).toBe(id);
    expect(() => avroConverter({ registry: stubRegistry({}), autoRegister: false })).toThrow(TypeError);
  });
});

describe("a topic with JSON and Avro", () => {
  const json: Converter = {
    name: "json",
    toConnectData: () => ({ schema: null, value: "json" }),
    fromConnectData: () => Buffer.from('"json"'),
  };

  it("gives each record back in its own form", async () => {
    const registry = memoryRegistry({ 1: "int" });
    const auto = autoConverter(json, avroConverter({ registry }));
    const [text, avro] = [Buffer.from("{}"), framed(1, Buffer.from([2]))];
    await auto.prepare?.([text, avro], signal);
    expect(auto.toConnectData(text, place).value).toBe("json");
    expect(auto.toConnectData(avro, place).value).toBe(1);
    const item = { schema: of("string"), value: "x" };
    const to = (original: Uint8Array | null) => ({ ...place, original });
    await auto.prepareSchemas?.(
      [
        { ...item, context: to(text) },
        { ...item, context: to(avro) },
      ],
      signal,
    );
    expect(registry.asked).toEqual(["t-value"]);
    expect(auto.fromConnectData(item, to(text))).toEqual(Buffer.from('"json"'));
    expect(auto.fromConnectData(item, to(avro))?.[0]).toBe(0);
  });
});
