import { avroCodec, avroFormat, schemaRegistry } from "@tandem-cdc/avro";
import { batchOf, type PayloadFormat } from "@tandem-cdc/core";
import { jsonFormat } from "@tandem-cdc/debezium";
import { describe, expect, it } from "vitest";
import { keysOf } from "../src/explain/keys.ts";
import { readable } from "../src/explain/named-fields.ts";
import { registryServer } from "./registry.ts";

const lane = { topic: "t", partition: 0 };
const encoder = new TextEncoder();

async function shown(format: PayloadFormat, payload: Uint8Array, field: string): Promise<string | number | null> {
  const fields = format.project("value", [field]);
  const record = { offset: 0, timestamp: 0, key: null, value: payload, headers: [] };
  await fields.prepare?.(batchOf(lane, [record]), new AbortController().signal);
  fields.read(payload);
  return readable(fields.canonical(0) ?? new Uint8Array());
}

describe("values in canonical form, readable", () => {
  it.each([
    ['"shop \\u00fc"', "shop ü"],
    ["42", 42],
    ["-120", -120],
    ["1.50", 1.5],
    ["9223372036854775807", "9223372036854775807"],
    ["1e-3", 0.001],
    ["1e400", "1e400"],
    ["true", "true"],
    ['{"b":[1,"x",null],"a":{}}', '{"a":{},"b":[1,"x",null]}'],
  ])("JSON: %s", async (json, expected) => {
    expect(await shown(jsonFormat, encoder.encode(`{"f":${json}}`), "f")).toBe(expected);
  });

  it("Avro: each kind of value", async () => {
    const schema = {
      type: "record",
      name: "row",
      fields: [
        { name: "id", type: "long" },
        { name: "name", type: "string" },
        { name: "none", type: ["null", "string"] },
        { name: "yes", type: "boolean" },
        { name: "price", type: "double" },
        { name: "raw", type: "bytes" },
        { name: "amount", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
        { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
        { name: "tags", type: { type: "array", items: "string" } },
        { name: "more", type: { type: "map", values: "int" } },
        { name: "kind", type: { type: "enum", name: "kind", symbols: ["NEW", "OLD"] } },
      ],
    };
    const registry = schemaRegistry({ url: await registryServer({ 1: schema }) });
    const codec = avroCodec({ registry });
    await codec.prepareIds([1]);
    const value = codec.encodeAs(1, {
      id: -7n,
      name: "Zoë",
      none: null,
      yes: true,
      price: 1.5,
      raw: Buffer.from([0, 255]),
      amount: Buffer.from([0xff, 0x38]),
      at: 1_767_225_600_000n,
      tags: ["a", "b"],
      more: { z: 1, a: 2 },
      kind: "OLD",
    });
    const format = avroFormat({ registry });
    const found = async (field: string): Promise<string | number | null> => shown(format, value, field);
    expect(await Promise.all(["id", "name", "yes", "price", "raw", "at", "kind"].map(found))).toEqual([
      -7,
      "Zoë",
      "true",
      1.5,
      "0x00ff",
      1_767_225_600_000,
      "OLD",
    ]);
    expect(await found("amount")).toBe("-2.00");
    expect(await found("")).toBe(
      '{"amount":-2.00,"at":1767225600000,"id":-7,"kind":"OLD","more":{"a":2,"z":1},"name":"Zoë","price":1.5,"raw":"0x00ff","tags":["a","b"],"yes":true}',
    );
    registry.close();
  });

  it("Avro: the record's key; what cannot be decoded stays as it is", async () => {
    const schema = { type: "record", name: "key", fields: [{ name: "id", type: "int" }] };
    const registry = schemaRegistry({ url: await registryServer({ 1: schema }) });
    const codec = avroCodec({ registry });
    await codec.prepareIds([1]);
    const keyOf = keysOf(avroFormat({ registry }), new AbortController().signal);
    const keyed = async (key: Uint8Array): Promise<unknown> => {
      const found = await keyOf(batchOf(lane, [{ offset: 0, timestamp: 0, key, value: null, headers: [] }]));
      return found === null ? null : readable(found);
    };
    expect(await keyed(codec.encodeAs(1, { id: 7 }))).toBe('{"id":7}');
    expect(await keyed(encoder.encode("plain"))).toBe("plain");
    registry.close();
  });

  it("leaves texts as they are, and what nothing fits as digits", () => {
    expect(readable(encoder.encode('{"id":7}'))).toBe('{"id":7}');
    expect(readable(encoder.encode("s"))).toBe("s");
    expect(readable(Uint8Array.of(4, 200, 1, 2))).toBe("0x04c80102");
    expect(readable(Uint8Array.of(0xde, 0xad, 0xbe, 0xef))).toBe("0xdeadbeef");
  });
});
