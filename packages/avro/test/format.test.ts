import { type PayloadFormat, type Projection, TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { autoFormat, avroFormat, framed, parseSchema, type SchemaRegistry } from "../src/index.ts";
import { avscType } from "./bigint-long.ts";
import { change, ENVELOPE, IDENTITY_FIELDS } from "./envelope.ts";
import { batchWith, payloadOf, prepared, projected } from "./payloads.ts";
import { stubRegistry } from "./stub-registry.ts";

const LONG = "long";
const signal = new AbortController().signal;
const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString("hex");

/** A registry that counts what it is asked for, over another. */
function counting(registry: SchemaRegistry): SchemaRegistry & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    ...registry,
    asked,
    schema(id, signal) {
      asked.push(id);
      return registry.schema(id, signal);
    },
  };
}

describe("avroFormat", () => {
  it("reads what an identity needs of a change", async () => {
    const payload = framed(1, avscType(ENVELOPE).toBuffer(change(5)));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: ENVELOPE }) }), IDENTITY_FIELDS, [
      payload,
    ]);
    projection.read(payload);
    expect(IDENTITY_FIELDS.slice(0, 4).map((_, field) => projection.text(field))).toEqual([
      "u",
      "mariadb",
      "0-101-82",
      "bin.000002",
    ]);
    expect([projection.integer(4), projection.integer(5), projection.integer(9)]).toEqual([
      1_239, 0, 1_795_417_707_000,
    ]);
    expect(projection.has(10)).toBe(true);
    expect(hex(projection.bytes(10))).not.toBe(hex(projection.bytes(11)));
  });

  it("keeps the bytes of several fields apart until the next read", async () => {
    const fields = ["a", "b"].map((name) => ({ name, type: "bytes" }));
    const value = { a: Buffer.alloc(9_000, 1), b: Buffer.alloc(90_000, 2) };
    const projection = await projected({ type: "record", name: "R", fields }, value, ["a", "b"]);
    const [a, b] = [projection.bytes(0), projection.bytes(1)];
    expect([a?.at(-1), b?.at(-1)]).toEqual([1, 2]);
  });

  it("fetches schemas that are new, and only those", async () => {
    const registry = counting(stubRegistry({ 1: LONG, 2: LONG }));
    const projection = avroFormat({ registry }).project("value", [""]);
    const batch = batchWith(
      payloadOf(LONG, 1n, 1),
      null,
      payloadOf(LONG, 1n, 2),
      payloadOf(LONG, 1n, 1),
      Buffer.from("{}"),
    );
    await projection.prepare?.(batch, signal);
    expect(registry.asked.sort((a, b) => a - b)).toEqual([1, 2]);
    expect(projection.prepare?.(batch, signal)).toBeUndefined();
  });

  it("rejects a record of an unknown schema, and fails the batch when the registry is down", async () => {
    const payload = payloadOf(LONG, 1n, 9);
    const unknown = await prepared(avroFormat({ registry: stubRegistry({}) }), [""], [payload]);
    expect(() => unknown.read(payload)).toThrow(expect.objectContaining({ code: "RECORD_SCHEMA_UNKNOWN" }));

    const down = new TandemError("REGISTRY_UNAVAILABLE", "down", { retriable: true });
    const registry: SchemaRegistry = { ...stubRegistry({}), schema: () => Promise.reject(down) };
    await expect(prepared(avroFormat({ registry }), [""], [payload])).rejects.toBe(down);
  });

  it("says so when a payload is no Avro of this format", async () => {
    const projection = await prepared(avroFormat({ registry: stubRegistry({}) }), [""], []);
    for (const text of ["", "\0\0\0\0", '{"op":"c"}', "\x01\0\0\0\x01\x02"])
      expect(() => projection.read(Buffer.from(text, "latin1"))).toThrow(
        expect.objectContaining({ code: "RECORD_MALFORMED" }),
      );
  });
});

describe("schemas and payloads that break a rule", () => {
  const NULLS = { type: "array", items: "null" };
  const LIST = { type: "record", name: "L", fields: [{ name: "next", type: ["null", "L"] }] };
  const nested = (depth: number): string => `${"02".repeat(depth)}00`;
  const cases: readonly (readonly [what: string, schema: unknown, body: string, says: RegExp])[] = [
    ["a number of eleven bytes", LONG, "8080808080808080808001", /64 bits/],
    ["a number of 65 bits", LONG, "80808080808080808002", /64 bits/],
    ["a number without an end", LONG, "80", /ends in the middle/],
    ["bytes behind the value", LONG, "0200", /1 bytes follow/],
    ["a text longer than the payload", "string", "0861", /ends in the middle/],
    ["a text of negative length", "string", "01", /length of -1/],
    ["a text of 2^62 bytes", "string", "feffffffffffffffff01", /length of/],
    ["a boolean of two", "boolean", "02", /neither 0 nor 1/],
    ["half a double", "double", "00000000", /ends in the middle/],
    ["a branch that is not there", ["null", "long"], "04", /no number 2/],
    ["a negative branch", ["null", "long"], "01", /no number -1/],
    ["a symbol that is not there", { type: "enum", name: "E", symbols: ["A"] }, "02", /no number 1/],
    ["more items than bytes", { type: "array", items: "long" }, "0602", /a count of 3/],
    ["2^40 items", { type: "array", items: "long" }, "808080808040", /a count of/],
    ["2^63 items, negative", { type: "array", items: "long" }, "ffffffffffffffffff0100", /a count of/],
    ["2^40 nulls", NULLS, "808080808040", /without bytes/],
    ["blocks of nulls without end", { type: "array", items: NULLS }, `28${"d00f00".repeat(20)}00`, /without bytes/],
    [
      "2^40 empty records",
      { type: "array", items: { type: "record", name: "R", fields: [] } },
      "808080808040",
      /without bytes/,
    ],
    ["more entries than bytes", { type: "map", values: "null" }, "0602", /a count of 3/],
    ["a block of another size than it tells", { type: "array", items: "long" }, "0104020200", /size that it tells/],
    ["nesting without end", LIST, nested(101), /nests deeper/],
  ];
  it.each(cases)("%s", async (_, schema, body, says) => {
    const payload = framed(1, Buffer.from(body, "hex"));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: schema }) }), ["nowhere"], [payload]);
    expect(() => projection.read(payload)).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
    expect(() => projection.read(payload)).toThrow(says);
  });

  it("but what is only unusual is read", async () => {
    for (const [schema, body] of [
      [LONG, "8000"],
      [LIST, nested(90)],
      [NULLS, "d00f00"],
      [{ type: "array", items: "long" }, "01020204020600"],
    ] as const) {
      const payload = framed(1, Buffer.from(body, "hex"));
      const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: schema }) }), [""], [payload]);
      projection.read(payload);
      expect(projection.canonical(0)).not.toBeNull();
    }
  });

  it("a number in more bytes than it needs is the same number", async () => {
    const form = async (body: string): Promise<string> => {
      const payload = framed(1, Buffer.from(body, "hex"));
      const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: LONG }) }), [""], [payload]);
      projection.read(payload);
      return hex(projection.canonical(0));
    };
    expect(await form("828000")).toBe(await form("02"));
    expect(await form("8000")).toBe(await form("00"));
  });

  const record = (name: string, ...types: unknown[]): unknown => ({
    type: "record",
    name,
    fields: types.map((type, i) => ({ name: `f${i}`, type })),
  });
  /** Each holds the one before twice: 2^30 nulls without a byte. */
  const doubling = Array.from({ length: 30 }).reduce<unknown>(
    (inner, _, n) => record(`D${n}`, inner, n === 0 ? "null" : `D${n - 1}`),
    "null",
  );
  it.each([
    ["holds itself without end", record("R", "R")],
    ["has values of billions of fields without a byte", doubling],
    ["names what it does not define", record("R", "Other")],
    ["defines a name twice", record("R", record("R"))],
    [
      "has a field twice",
      {
        type: "record",
        name: "R",
        fields: [
          { name: "a", type: "int" },
          { name: "a", type: "int" },
        ],
      },
    ],
    ["has a union in a union", ["null", ["int"]]],
    ["has an empty union", []],
    ["has an enum without symbols", { type: "enum", name: "E", symbols: [] }],
    ["is no schema", 7],
  ])("a schema that %s is refused", (_, schema) => {
    expect(() => parseSchema(schema)).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
  });

  it("a schema that doubles what has bytes is read in no more time than its payload", async () => {
    const wide = Array.from({ length: 40 }).reduce<unknown>(
      (inner, _, n) => record(`W${n}`, inner, n === 0 ? "int" : `W${n - 1}`),
      "int",
    );
    const payload = framed(1, Buffer.alloc(1_000));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: wide }) }), [""], [payload]);
    expect(() => projection.read(payload)).toThrow(/ends in the middle/);
  });
});

it("a canonical form that outgrows its payload has room for all of it", async () => {
  // Symbols become longer, and what is copied as it is stands before them in the payload and behind them in the form.
  const symbol = "x".repeat(300);
  for (let count = 0; count < 70; count++) {
    const texts = Array.from({ length: count }, (_, n): [string, string] => [`z${n}`, "2".repeat(50)]);
    const fields = [
      ...texts.map(([name]) => ({ name, type: "string" })),
      { name: "a", type: { type: "enum", name: "E", symbols: [symbol] } },
    ];
    const value = { ...Object.fromEntries(texts), a: symbol };
    const bytes = (await projected({ type: "record", name: "R", fields }, value, [""])).canonical(0);
    expect(hex(bytes)).toContain("78".repeat(300) + `64${"32".repeat(50)}`.repeat(count));
  }
});

describe("notations that mean the same", () => {
  const read = async (schema: unknown, body: string, fields = [""]): Promise<Projection> => {
    const payload = framed(1, Buffer.from(body, "hex"));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: schema }) }), fields, [payload]);
    projection.read(payload);
    return projection;
  };
  const form = async (schema: unknown, body: string): Promise<string> => hex((await read(schema, body)).canonical(0));

  it("a map with a key twice has its last value", async () => {
    const schema = { type: "map", values: "int" };
    expect(await form(schema, "0402610202610400")).toBe(await form(schema, "0202610400"));
    const rows = {
      type: "map",
      values: ["null", { type: "record", name: "R", fields: [{ name: "x", type: "int" }] }],
    };
    const projection = await read(rows, "040261020202610000", ["a.x"]);
    expect(projection.has(0)).toBe(false);
  });

  it("a length in more bytes than it needs is the same length", async () => {
    const schema = { type: "record", name: "R", fields: [{ name: "a", type: "string" }] };
    expect(await form(schema, "820061")).toBe(await form(schema, "0261"));
  });

  it("texts are read as they are, whatever was read before", async () => {
    const texts = ["ab", "b", "é", "", "\u00e9\u00e9", "b", "日本", "ab"];
    const payloads = texts.map((text) => payloadOf("string", text));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: "string" }) }), [""], payloads);
    const found = payloads.map((payload) => {
      projection.read(payload);
      return projection.text(0);
    });
    expect(found).toEqual(texts);
  });
});

describe("units and scales", () => {
  const form = async (type: unknown, value: unknown): Promise<string> => {
    const schema = { type: "record", name: "R", fields: [{ name: "a", type }] };
    return hex((await projected(schema, { a: value }, [""])).canonical(0));
  };
  const scaled = (scale: number): unknown => ({ type: "bytes", logicalType: "decimal", precision: 9, scale });
  const dated = (name: string): unknown => ({ type: "long", "connect.name": `io.debezium.time.${name}` });

  it("are part of the value", async () => {
    expect(await form(scaled(2), Buffer.from([100]))).not.toBe(await form(scaled(3), Buffer.from([100])));
    expect(await form(dated("Timestamp"), 1n)).not.toBe(await form(dated("MicroTimestamp"), 1n));
  });
  it("however they are noted", async () => {
    const connect = {
      type: "bytes",
      "connect.name": "org.apache.kafka.connect.data.Decimal",
      "connect.parameters": { scale: "2" },
    };
    const fixed = { type: "fixed", name: "F", size: 3, logicalType: "decimal", precision: 4, scale: 2 };
    expect(await form(connect, Buffer.from([0xfe]))).toBe(await form(scaled(2), Buffer.from([0xfe])));
    expect(await form(fixed, Buffer.from([0xff, 0xff, 0xfe]))).toBe(await form(scaled(2), Buffer.from([0xfe])));
    const longer = Buffer.from([0xff, 0xff, 0xfe]);
    expect(await form(scaled(2), longer)).toBe(await form(fixed, longer));
    expect(await form(scaled(2), Buffer.from([0, 0x80]))).not.toBe(await form(scaled(2), Buffer.from([0x80])));
    expect(await form({ type: "int", logicalType: "date" }, 5)).toBe(
      await form({ type: "int", "connect.name": "io.debezium.time.Date" }, 5),
    );
  });
  it("and zero and NaN are one each", async () => {
    expect(await form("double", -0)).toBe(await form("float", 0));
    expect(await form("double", Number.NaN)).toBe(await form("float", Number.NaN));
  });
});

describe("autoFormat", () => {
  const calls: string[] = [];
  const stub: Projection = {
    prepare: () => undefined,
    read: (payload) => void calls.push(Buffer.from(payload).toString()),
    has: () => true,
    text: () => "json",
    integer: () => 1,
    bytes: () => null,
    canonical: () => null,
  };
  const json: PayloadFormat = { name: "json", project: () => stub };

  it("tells JSON and Avro apart, record by record", async () => {
    const avro = payloadOf("string", "avro", 1);
    const format = autoFormat(json, avroFormat({ registry: stubRegistry({ 1: "string" }) }));
    const projection = await prepared(format, [""], [avro]);
    const texts = [avro, Buffer.from('"a"'), Buffer.from("\0\0\0\0"), avro].map((payload) => {
      projection.read(payload);
      return projection.text(0);
    });
    expect(texts).toEqual(["avro", "json", "json", "avro"]);
    expect(calls).toEqual(['"a"', "\0\0\0\0"]);
    expect(projection.prepare?.(batchWith(avro), signal)).toBeUndefined();
  });
});
