import { TandemError } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integerAt, names, scanObject, skipSpace, skipValue, textAt } from "../src/json-scanner.ts";
import { jsonText, TEXT } from "./json.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const WANTED = ["source", "op", "ä", 'a"b', "\\"];
const documents = jsonText(fc.oneof(fc.constantFrom(...WANTED), TEXT));

/** What the scan finds of the wanted fields, parsed. */
function scanned(bytes: Uint8Array): Record<string, unknown> {
  const found = new Int32Array(2 * WANTED.length);
  const end = scanObject(bytes, 0, names(...WANTED), found);
  expect(skipSpace(bytes, end)).toBe(bytes.length);
  const entries = WANTED.map((name, n): [string, unknown] => [
    name,
    found[2 * n] === -1 ? undefined : JSON.parse(decoder.decode(bytes.subarray(found[2 * n], found[2 * n + 1]))),
  ]);
  return Object.fromEntries(entries);
}

/** Runs what may refuse the bytes: nothing but a coded error is let through. */
function refusal(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (thrown) {
    if (thrown instanceof TandemError) return thrown.code;
    throw thrown;
  }
}

describe("what the scan finds is what JSON.parse finds", () => {
  test("in any object: order, white space, nested text, escaped names, the last of equal names", () => {
    fc.assert(
      fc.property(documents.object, (text) => {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect(scanned(encoder.encode(text))).toEqual(
          Object.fromEntries(WANTED.map((name) => [name, Object.hasOwn(parsed, name) ? parsed[name] : undefined])),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("of any value: it ends where it ends", () => {
    fc.assert(
      fc.property(documents.value, (text) => {
        const bytes = encoder.encode(`${text.trim()},`);
        expect(skipValue(bytes, 0)).toBe(bytes.length - 1);
      }),
      { numRuns: 500 },
    );
  });

  test("of any text, a byte order mark included", () => {
    fc.assert(
      fc.property(
        fc.oneof(TEXT, fc.string({ minLength: 30, maxLength: 200, unit: fc.constantFrom("a", '"', "\\", "\n", "€") })),
        (text) => {
          const bytes = encoder.encode(JSON.stringify(text));
          expect(skipValue(bytes, 0)).toBe(bytes.length);
          expect(textAt(bytes, 0, bytes.length)).toBe(text);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("of any whole number that is safe", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        const bytes = encoder.encode(String(number));
        expect(integerAt(bytes, 0, bytes.length)).toBe(number);
      }),
    );
  });
});

describe("what is not JSON is refused with RECORD_MALFORMED", () => {
  test("every truncation of an object", () => {
    fc.assert(
      fc.property(documents.object, fc.nat(), (text, at) => {
        const bytes = encoder.encode(text.trim());
        expect(refusal(() => scanned(bytes.subarray(0, at % bytes.length)))).toBe("RECORD_MALFORMED");
      }),
      { numRuns: 500 },
    );
  });

  test("random bytes and random structure: refused, or an object found", () => {
    const structure = fc
      .string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "\\", "op", "1", "n", " ") })
      .map((text) => encoder.encode(text));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), structure), (bytes) => {
        const found = new Int32Array(2 * WANTED.length);
        expect(refusal(() => scanObject(bytes, 0, names(...WANTED), found))).toBeOneOf([null, "RECORD_MALFORMED"]);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["", "-", "1.5", "1e3", "9007199254740992", "-9007199254740992", "12a", '"1"', "null"])(
    "%j is no safe whole number",
    (text) => {
      const bytes = encoder.encode(text);
      expect(refusal(() => integerAt(bytes, 0, bytes.length))).toBe("RECORD_MALFORMED");
    },
  );

  test.each([
    '{"op" 1}',
    '{"op":}',
    '{"op":1,}',
    '{"op":1 "x":2}',
    "{op:1}",
    '{"op":"\\x"}',
    '{"\\x":1}',
    '{"op":1',
    "[]",
    '"op"',
    "null",
  ])("%s", (text) => {
    const bytes = encoder.encode(text);
    const found = new Int32Array(2);
    const op = (): string => {
      scanObject(bytes, 0, names("op"), found);
      return textAt(bytes, found[0] ?? -1, found[1] ?? -1);
    };
    expect(refusal(op)).toBe("RECORD_MALFORMED");
  });
});

describe("size", () => {
  const nested = (depth: number): Uint8Array => encoder.encode(`{"x":${"[".repeat(depth)}${"]".repeat(depth)},"op":1}`);

  test("a thousand levels are skipped, more are refused, a million do not overflow", () => {
    expect(scanned(nested(1_000))["op"]).toBe(1);
    expect(refusal(() => scanned(nested(1_001)))).toBe("RECORD_MALFORMED");
    expect(refusal(() => scanned(nested(1_000_000)))).toBe("RECORD_MALFORMED");
  });

  test("a list of a million items is skipped", () => {
    expect(scanned(encoder.encode(`{"x":[${"1,".repeat(1_000_000)}1],"op":2}`))["op"]).toBe(2);
  });

  /** The bytes that a scan looks at: each indexed one, and those that a native search passes. */
  function work(bytes: Uint8Array): number {
    let looked = 0;
    const watched = new Proxy(bytes, {
      get(target, name) {
        if (typeof name === "string" && /^\d+$/.test(name)) looked++;
        if (name === "length") return target.length;
        if (name === "subarray") return target.subarray.bind(target);
        if (name === "indexOf")
          return (byte: number, from: number): number => {
            const at = target.indexOf(byte, from);
            looked += (at < 0 ? target.length : at) - from;
            return at;
          };
        return Reflect.get(target, name) as unknown;
      },
    });
    refusal(() => scanObject(watched, 0, names("op", "source"), new Int32Array(4)));
    return looked;
  }

  test.each([
    ["quotes behind backslashes", (n: number) => `{"x":"${'\\"'.repeat(n)}"}`],
    ["a run of backslashes", (n: number) => `{"x":"${"\\\\".repeat(n)}"}`],
    ["a string that does not end", (n: number) => `{"x":"${'\\"'.repeat(n)}`],
    ["many strings that are not closed in lists", (n: number) => `{"x":[${'"a",'.repeat(n)}`],
    ["many names with escapes", (n: number) => `{${'"\\u006fq":1,'.repeat(n)}"op":1}`],
    ["lists in lists", (n: number) => `{"x":[${"[[]],".repeat(n)}1]}`],
    ["white space", (n: number) => `{"x":${" ".repeat(n)}1${"\n".repeat(n)}}`],
  ])("the work grows with the size: %s", (_, make) => {
    for (const n of [100, 1_000, 10_000]) {
      const bytes = encoder.encode(make(n));
      expect(work(bytes) / bytes.length).toBeLessThan(8);
    }
  });
});
