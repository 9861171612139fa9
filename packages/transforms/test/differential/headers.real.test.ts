import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available, type ConnectJava, connectJava, type WireHeader, type WireRecord } from "@tandem-cdc/testbed";
import { headerBytes } from "../../src/header-text.ts";
import { headerData } from "../../src/header-data.ts";
import { anyType, header as headerOf, plainValue, typed } from "./arbitrary.ts";
import { canonicalData } from "./canonical.ts";
import { fromWire, schemaFromWire, schemaToWire, toWire } from "./wire.ts";

const { ok } = await available(["connect-java"]);
const numRuns = process.env["TANDEM_FULL"] === "1" ? 3_000 : 300;

/** Java 17 does not always write the shortest digits of a number. */
function shortest(text: Uint8Array): string {
  return Buffer.from(text)
    .toString()
    .replaceAll(/\d+\.\d+(?:E-?\d+)?/g, (digits) => {
      const wide = Number(digits);
      const narrow = Math.fround(wide);
      return (narrow === 0 || narrow === Infinity ? wide : narrow).toPrecision(6);
    });
}

describe.skipIf(!ok)("headers are those of Connect's SimpleHeaderConverter", () => {
  let java: ConnectJava;
  beforeAll(async () => {
    java = await connectJava({ log: () => {} });
  });
  afterAll(() => java.stop());

  async function through(one: WireHeader): Promise<WireHeader> {
    const parts = {
      topic: "t",
      partition: 0,
      timestamp: 0,
      keySchema: null,
      key: null,
      valueSchema: null,
      value: null,
    };
    const answer = await java.ask({ kind: "transform", chain: [], record: { ...parts, headers: [one] } });
    if (!("result" in answer)) throw new Error(answer.error.message);
    const header = (answer.result as readonly WireRecord[])[0]?.headers[0];
    if (header === undefined) throw new Error("the header is gone");
    return header;
  }

  test("values become the same text", async () => {
    const untyped = plainValue(2, ["k"]).map((value) => ({ schema: null, value }));
    const property = fc.asyncProperty(fc.oneof(typed(anyType(2)), untyped), async ({ schema, value }) => {
      const { bytes } = await through({ key: "h", schema, value });
      const ours = headerBytes(fromWire(value, schemaFromWire(schema)), schemaFromWire(schema));
      expect(ours === null ? null : shortest(ours)).toBe(
        typeof bytes === "string" ? shortest(Buffer.from(bytes, "base64")) : null,
      );
    });
    await fc.assert(property, { numRuns, seed: 7 });
  });

  const text = fc.oneof(
    fc.string({ maxLength: 10 }),
    fc.string({ unit: fc.constantFrom(...'[]{},:"\\ 15.-e+'.split(""), "true", "null", "x", '"'), maxLength: 8 }),
    fc.constantFrom(
      "2026-11-25",
      "12:34:56.789Z",
      "2026-11-25T12:34:56.789Z",
      "1.5",
      "-129",
      "99999999999999999999",
      "1e400",
    ),
    fc.constantFrom(
      '["a","b"]',
      "[1,2.5,null]",
      '{"a":1,"b":[true]}',
      "[1",
      '[""]',
      "[]",
      "{}",
      '{1:"2026-11-25"}',
      "x[1]",
    ),
    fc.double().map(String),
    fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  );

  test("texts become the same values", async () => {
    const property = fc.asyncProperty(text, async (given) => {
      const { schema = null, value } = await through(headerOf("h", given));
      const ours = headerData(Buffer.from(given));
      expect(canonicalData(schemaToWire(ours.schema), toWire(ours.value, ours.schema))).toEqual(
        canonicalData(schema, value),
      );
    });
    await fc.assert(property, { numRuns, seed: 7 });
  });
});
