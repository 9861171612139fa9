import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AvroCodec, avroCodec, type AvroCodecOptions, framed, HEADER_BYTES } from "../src/index.ts";
import { schemas, valuesOf } from "./arbitrary.ts";
import { ENVELOPE, change } from "./envelope.ts";
import { avscType } from "./bigint-long.ts";
import { payloadOf } from "./payloads.ts";
import { stubRegistry } from "./stub-registry.ts";

async function codecOf(schema: unknown, options: Partial<AvroCodecOptions> = {}): Promise<AvroCodec> {
  const codec = avroCodec({ registry: stubRegistry({ 1: schema }), ...options });
  await codec.prepareIds([1]);
  return codec;
}

const context = { topic: "orders", part: "value" } as const;

/** Without prototypes, and with Buffers as plain bytes. */
const bare = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : Object.is(one, -0) ? 0 : one)),
  );

describe("avroCodec", () => {
  it("decodes what avsc encodes", async () => {
    const samples = schemas.chain((schema) => fc.tuple(fc.constant(schema), valuesOf(schema)));
    await fc.assert(
      fc.asyncProperty(samples, async ([schema, value]) => {
        const codec = await codecOf(schema);
        const decoded = codec.decode(payloadOf(schema, value), context);
        const body = Buffer.from(payloadOf(schema, value).subarray(HEADER_BYTES));
        expect(bare(decoded)).toEqual(bare(avscType(schema).fromBuffer(body)));
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it("encodes what it decodes, whatever the union", async () => {
    const samples = schemas.chain((schema) => fc.tuple(fc.constant(schema), valuesOf(schema)));
    await fc.assert(
      fc.asyncProperty(samples, async ([schema, value]) => {
        const codec = await codecOf(schema, { outputId: () => 1 });
        const payload = payloadOf(schema, value);
        const again = codec.encode(codec.decode(payload, context), context);
        expect(Buffer.from(again).equals(payload)).toBe(true);
      }),
      { numRuns: 300, seed: 12 },
    );
  });

  it("decodes a change of Debezium, long beyond 2^53 and all", async () => {
    const codec = await codecOf(ENVELOPE);
    const payload = framed(1, avscType(ENVELOPE).toBuffer(change(3)));
    expect(bare(codec.decode(payload, context))).toEqual(bare(change(3)));
    const value = codec.decode(payload, context) as { ts_ns: unknown; source: { pos: unknown } };
    expect([value.ts_ns, value.source.pos]).toEqual([1_795_417_707_401_002_003n, 1_237n]);
    expect(codec.typeOf(payload).name).toBe("cdc.shop.orders.Envelope");
  });

  it("gives longs as numbers where they are safe, if it is told to", async () => {
    const codec = await codecOf({ type: "array", items: "long" }, { longs: "safe", outputId: () => 1 });
    const payload = payloadOf({ type: "array", items: "long" }, [5n, 2n ** 53n, 1n - 2n ** 53n]);
    const decoded = codec.decode(payload, context);
    expect(decoded).toEqual([5, 2n ** 53n, 1 - 2 ** 53]);
    expect(Buffer.from(codec.encode(decoded, context)).equals(payload)).toBe(true);
  });

  it("refuses a map key that would be a prototype, and makes objects that have none", async () => {
    const schema = { type: "map", values: { type: "map", values: "int" } };
    const codec = await codecOf(schema);
    const entries = JSON.parse('{"a":{"__proto__":1}}') as object;
    expect(() => codec.decode(payloadOf(schema, entries), context)).toThrow(/__proto__/);
    expect(Object.getPrototypeOf(codec.decode(payloadOf(schema, { a: {} }), context))).toBeNull();
  });

  it("says where a value does not fit", async () => {
    const schema = { type: "record", name: "R", fields: [{ name: "a", type: { type: "array", items: "long" } }] };
    const codec = await codecOf(schema);
    expect(() => codec.encodeAs(1, { a: [1n, "x"] })).toThrow(/a\.1 is no long/);
    expect(() => codec.encodeAs(1, { a: [2n ** 63n] })).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
    expect(() => codec.encodeAs(2, {})).toThrow(expect.objectContaining({ code: "RECORD_SCHEMA_UNKNOWN" }));
    expect(() => codec.encode({}, context)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("decodes nothing that something follows", async () => {
    const codec = await codecOf("long");
    const decode = (): unknown => codec.decode(framed(1, Buffer.from("0200", "hex")), context);
    expect(decode).toThrow(/1 bytes follow/);
  });

  it("registers schemas to encode with", async () => {
    const registry = { ...stubRegistry({ 9: "long" }), register: () => Promise.resolve(9) };
    const codec = avroCodec({ registry, outputId: () => 9 });
    expect(await codec.register("out-value", "long")).toBe(9);
    expect(Buffer.from(codec.encode(1n, context)).toString("hex")).toBe("000000000902");
  });
});
