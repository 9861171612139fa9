import { TandemError } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonFormat } from "../src/index.ts";
import { jsonText, TEXT } from "./json.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const { object, value: anyValue } = jsonText(fc.oneof(fc.constantFrom("a", "b", "c"), TEXT));
const FIELDS = ["a", "a.b", "a.b.c", "b", "c.a", ""];

function at(value: unknown, path: string): unknown {
  let inside = value;
  for (const name of path === "" ? [] : path.split(".")) {
    if (typeof inside !== "object" || inside === null || Array.isArray(inside) || !Object.hasOwn(inside, name))
      return null;
    inside = (inside as Record<string, unknown>)[name];
  }
  return inside;
}

function canonical(text: string, path = "", except: readonly string[] = []): string {
  const fields = jsonFormat.project("value", [path], { except });
  fields.read(encoder.encode(text));
  return Buffer.from(fields.canonical(0) ?? []).toString("hex");
}

function malformed(text: string | Uint8Array, path = ""): boolean {
  try {
    const fields = jsonFormat.project("value", [path]);
    fields.read(typeof text === "string" ? encoder.encode(text) : text);
    fields.canonical(0);
    return false;
  } catch (thrown) {
    if (thrown instanceof TandemError) return thrown.code === "RECORD_MALFORMED";
    throw thrown;
  }
}

describe("a projection of JSON", () => {
  test("finds what JSON.parse finds, record after record", () => {
    const fields = jsonFormat.project("value", FIELDS);
    fc.assert(
      fc.property(anyValue, (text) => {
        fields.read(encoder.encode(text));
        const parsed: unknown = JSON.parse(text);
        FIELDS.forEach((path, field) => {
          const bytes = fields.bytes(field);
          expect(bytes === null ? null : JSON.parse(decoder.decode(bytes)), path).toEqual(at(parsed, path));
          expect(fields.has(field)).toBe(at(parsed, path) !== null);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test("nothing of a damaged record is found in the next one", () => {
    const fields = jsonFormat.project("value", ["a.b", "a.c"]);
    expect(() => fields.read(encoder.encode('{"a":{"b":1,"c'))).toThrow(TandemError);
    fields.read(encoder.encode('{"x":1}'));
    expect([fields.has(0), fields.has(1)]).toEqual([false, false]);
  });

  test("the root of Connect's schema envelope is its payload", () => {
    for (const envelope of ['{"schema":{"type":"struct"},"payload":{"a":1}}', '{"payload":{"a":1},"schema":null}']) {
      const fields = jsonFormat.project("key", ["a", ""]);
      fields.read(encoder.encode(envelope));
      expect(fields.integer(0)).toBe(1);
      expect(decoder.decode(fields.bytes(1) ?? undefined)).toBe('{"a":1}');
    }
  });

  test.each(['{"schema":"x","payload":"y"}', '{"schema":{},"payload":1,"more":2}', '{"payload":1}'])(
    "an object of columns of these names is none: %s",
    (row) => {
      const fields = jsonFormat.project("value", [""]);
      fields.read(encoder.encode(row));
      expect(decoder.decode(fields.bytes(0) ?? undefined)).toBe(row);
    },
  );

  test("what is asked for as text or whole number has to be one", () => {
    const fields = jsonFormat.project("value", ["a", "b"]);
    fields.read(encoder.encode('{"a":"x","b":9007199254740993}'));
    expect(fields.text(0)).toBe("x");
    for (const wrong of [() => fields.integer(0), () => fields.text(1), () => fields.integer(1)])
      expect(wrong).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
  });
});

describe("the canonical form", () => {
  /** What a reader sees: objects without the order of their fields. */
  const sorted = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return typeof value === "number" ? value + 0 : value;
    if (Array.isArray(value)) return value.map(sorted);
    return [
      "object",
      Object.entries(value)
        .map(([k, v]) => [k, sorted(v)] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ];
  };
  const seen = (text: string): string => JSON.stringify(sorted(JSON.parse(text)));

  test("is equal exactly when the decoded values are", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (one, other) => {
        expect(canonical(`[${one}]`) === canonical(`[${other}]`)).toBe(seen(one) === seen(other));
      }),
      { numRuns: 2_000 },
    );
  });

  test("knows no order of fields, no white space, no escapes", () => {
    fc.assert(
      fc.property(object, (text) => {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const other = `{${Object.entries(parsed)
          .toReversed()
          .map(([k, v]) => `${JSON.stringify(k)} : ${JSON.stringify(v)}`)
          .join(" , ")}}`;
        expect(canonical(text)).toBe(canonical(other));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["1", "1.0", "1e0", "10e-1", "0.1E+1"],
    ["0", "-0", "0.00", "0e9"],
    ["9223372036854775808", "9223372036854775808.0", "922337203685477580.8e1"],
    ['"é"', '"\\u00e9"'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":{"y":1,"x":2},"b":3}', '{"b":3,"a":{"x":2,"y":1}}'],
  ])("equal: %s", (...texts) => {
    expect(new Set(texts.map((text) => canonical(text))).size).toBe(1);
  });

  test.each([
    ["9223372036854775808", "9223372036854775807"],
    ["0.1", "0.10000000000000001"],
    ["1", '"1"', "true", "[1]"],
    ["-1", "1"],
    ['{"a":null}', "{}"],
    ['["a","b"]', '["ab",""]', '["b","a"]'],
    ['"\\ud800"', '"\\ud801"', '"\\ufffd"'],
    ["[[],[]]", "[[[]]]"],
  ])("different: %s", (...texts) => {
    expect(new Set(texts.map((text) => canonical(text))).size).toBe(texts.length);
  });

  test("leaves out the fields that are excepted, by their path from the root", () => {
    const except = ["updated", "row.seen"];
    const text = (updated: number, seen: number, id: number): string =>
      `{"updated":${updated},"row":{"seen":${seen},"id":${id},"updated":1}}`;
    expect(canonical(text(1, 2, 3), "", except)).toBe(canonical(text(4, 5, 3), "", except));
    expect(canonical(text(1, 2, 3), "", except)).not.toBe(canonical(text(1, 2, 4), "", except));
    expect(canonical(text(1, 2, 3), "row", except)).toBe(canonical(text(1, 5, 3), "row", except));
    expect(canonical('{"row":{"updated":1}}', "", except)).not.toBe(canonical('{"row":{"updated":2}}', "", except));
  });

  test.each([
    "01",
    "1.",
    ".5",
    "+1",
    "tru",
    "NaN",
    "[1,]",
    '{"a":}',
    '{"a" 1}',
    '"\\x"',
    "1e",
    "[1 2]",
    `1e${"9".repeat(200)}`,
  ])("refuses what is no JSON: %s", (text) => expect(malformed(text)).toBe(true));

  test("refuses what nests too deep, and takes no longer for it than its length", () => {
    expect(malformed("[".repeat(100_000) + "]".repeat(100_000))).toBe(true);
    expect(malformed("[".repeat(100) + "]".repeat(100))).toBe(false);
    expect(malformed("[".repeat(101) + "]".repeat(101))).toBe(true);
    expect(malformed('{"a":'.repeat(101) + "1" + "}".repeat(101))).toBe(true);
  });

  test("copies nothing where the fields are in order: deep ones take as long as flat ones", () => {
    const text = JSON.stringify("x".repeat(8 << 20));
    const fields = jsonFormat.project("value", [""]);
    const took = (depth: number): number => {
      const bytes = encoder.encode('{"a":'.repeat(depth) + text + "}".repeat(depth));
      fields.read(bytes);
      const times = [1, 2, 3].map(() => {
        const from = performance.now();
        fields.canonical(0);
        return performance.now() - from;
      });
      return Math.min(...times);
    };
    expect(took(100)).toBeLessThan(10 * took(1));
  });

  test("damaged bytes are refused or give a value", () => {
    const whole = encoder.encode('{"a":[1,-2.5e3,"x\\n\\u00e9"],"b":{"c":null,"d":true}}');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (place, byte, length) => {
        const damaged = new Uint8Array(whole);
        damaged[place] = byte;
        malformed(damaged);
        expect(malformed(whole.subarray(0, length))).toBe(length < whole.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
