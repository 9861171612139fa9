import { Decimal, TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { jsonConverter } from "@tandem-cdc/transforms";

const context = { topic: "shop.orders", part: "value" } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const SCHEMA = '{"type":"struct","fields":[{"type":"string","optional":true,"field":"a"}],"optional":false}';
const OTHER = '{"type":"string","optional":false}';

describe("an envelope whose beginning was seen before", () => {
  it.each([
    ["another field behind the payload", `{"schema":${SCHEMA},"payload":{"a":"x"},"more":1}`],
    ["its schema once more, and another one", `{"schema":${SCHEMA},"payload":"x","schema":${OTHER}}`],
    ["two payloads", `{"schema":${SCHEMA},"payload":{"a":"x"},"payload":{"a":"y"}}`],
    ["space at its end", `{"schema":${SCHEMA},"payload":{"a":"x"} }\n`],
    ["a field of a like name", `{"schema":${SCHEMA},"payload":{"a":"x"},"payloads":{}}`],
  ])("is read as it would be without: %s", (_, text) => {
    const seen = jsonConverter();
    seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":"x"}}`), context);
    expect(seen.toConnectData(bytes(text), context)).toEqual(jsonConverter().toConnectData(bytes(text), context));
  });

  it("is refused where it is no JSON", () => {
    const seen = jsonConverter();
    seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":"x"}}`), context);
    expect(() => seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":}}`), context)).toThrow(TandemError);
  });
});

describe("values by their schema", () => {
  const field = (name: string, type: object) => ({ field: name, ...type });
  const payload = (schema: object, value: unknown) =>
    new TextEncoder().encode(JSON.stringify({ schema, payload: value }));
  const place = { topic: "t", part: "value" } as const;
  const DECIMAL = { type: "bytes", name: "org.apache.kafka.connect.data.Decimal", parameters: { scale: "0" } };

  it("lack what is absent, whatever its name", () => {
    const fields = ["toString", "constructor", "b"].map((name) => field(name, { type: "bytes", optional: true }));
    const converter = jsonConverter();
    const read = converter.toConnectData(payload({ type: "struct", fields, optional: false }, {}), place);
    expect(read.value).toEqual({ toString: null, constructor: null, b: null });
    const written = converter.fromConnectData({ schema: read.schema, value: {} }, place);
    expect(JSON.parse(new TextDecoder().decode(written ?? undefined))).toMatchObject({
      payload: { toString: null, constructor: null, b: null },
    });
  });

  it.each([0n, 1n, -1n, 127n, 128n, -128n, -129n, 255n, 256n, -32_768n, 2n ** 64n, -(2n ** 63n)])(
    "hold the decimal %s in as few bytes as it takes",
    (unscaled) => {
      const converter = jsonConverter();
      const schema = { type: "bytes", optional: false, name: DECIMAL.name, parameters: { scale: "0" } } as const;
      const bytes = converter.fromConnectData({ schema, value: new Decimal(unscaled, 0) }, place);
      expect(converter.toConnectData(bytes, place).value).toEqual(new Decimal(unscaled, 0));
      const text = (JSON.parse(new TextDecoder().decode(bytes ?? undefined)) as { payload: string }).payload;
      const length = Buffer.from(text, "base64").length;
      expect(BigInt.asIntN(8 * length, unscaled)).toBe(unscaled);
      expect(length === 1 || BigInt.asIntN(8 * (length - 1), unscaled) !== unscaled).toBe(true);
    },
  );

  it("take no time over a decimal that no database has", () => {
    const huge = Buffer.alloc(4_000_000, 1).toString("base64");
    const began = performance.now();
    expect(() => jsonConverter().toConnectData(payload(DECIMAL, huge), place)).toThrow(/4000000 bytes/);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
