import { TandemError } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChangeEvent, SOURCE_FIELD } from "../src/index.ts";
import { mariadbEvent } from "./events.ts";
import { jsonText, TEXT } from "./json.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Parsed {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly op?: unknown;
  readonly ts_ms?: unknown;
  readonly source?: unknown;
}

function read(text: string): ChangeEvent {
  return new ChangeEvent().read(encoder.encode(text));
}

/** Every view of an event. */
function views(event: ChangeEvent): Record<string, unknown> {
  const raw = (bytes: Uint8Array | null): unknown => (bytes === null ? null : JSON.parse(decoder.decode(bytes)));
  return {
    before: raw(event.before),
    after: raw(event.after),
    op: event.op,
    processedMs: event.processedMs,
    hasSource: event.hasSource,
    gtid: event.sourceText(SOURCE_FIELD.gtid),
    pos: event.sourceInteger(SOURCE_FIELD.pos),
    db: raw(event.sourceRaw(SOURCE_FIELD.db)),
  };
}

const { value: anyValue } = jsonText(TEXT);
/** An event as fields in any order, with others in between. */
const eventText = fc
  .record({
    before: anyValue,
    after: anyValue,
    op: fc.constantFrom('"c"', '"u"', '"d"', "null", '"many"', '"\\u0063"'),
    ts_ms: fc.oneof(fc.nat().map(String), fc.constant("null")),
    gtid: TEXT.map((text) => JSON.stringify(text)),
    pos: fc.oneof(fc.maxSafeNat().map(String), fc.constant("null")),
    db: anyValue,
    other: anyValue,
    order: fc.shuffledSubarray(["before", "after", "op", "ts_ms", "source", "other"] as const, { minLength: 2 }),
    inner: fc.shuffledSubarray(["gtid", "pos", "db", "other"] as const),
  })
  .filter(({ order }) => order.includes("op") || order.includes("source"))
  .map(({ order, inner, ...fields }) => {
    const object = (texts: readonly string[]): string => `{${texts.join(",")}}`;
    const source = object(inner.map((name) => `"${name}":${fields[name]}`));
    return object(order.map((name) => `"${name}":${name === "source" ? source : fields[name]}`));
  });

function expected(text: string): Record<string, unknown> {
  const { after = null, before = null, op, source, ts_ms = null } = JSON.parse(text) as Parsed;
  const block = (source ?? {}) as Record<string, unknown>;
  return {
    before,
    after,
    op: op ?? "",
    processedMs: ts_ms,
    hasSource: source !== undefined,
    gtid: block["gtid"] ?? null,
    pos: block["pos"] ?? null,
    db: block["db"] ?? null,
  };
}

describe("a change event over raw JSON", () => {
  test("reads what JSON.parse reads, with and without Connect's schema envelope", () => {
    fc.assert(
      fc.property(eventText, anyValue, fc.boolean(), (text, schema, first) => {
        const wrapped = first ? `{"schema":${schema},"payload":${text}}` : `{"payload":${text}, "schema":${schema}}`;
        expect(views(read(text))).toEqual(expected(text));
        expect(views(read(wrapped))).toEqual(expected(text));
      }),
      { numRuns: 500 },
    );
  });

  test("one view is used for record after record, and nothing of the last one stays", () => {
    const event = new ChangeEvent();
    fc.assert(
      fc.property(eventText, (text) => {
        expect(views(event.read(encoder.encode(text)))).toEqual(expected(text));
      }),
    );
  });

  test("texts of equal length in a row are told apart", () => {
    const event = new ChangeEvent();
    const gtids = ["0-1-10", "0-1-11", "0-1-11", "0-1-20"];
    const seen = gtids.map((gtid) =>
      event.read(encoder.encode(`{"op":"c","source":{"gtid":"${gtid}"}}`)).sourceText(SOURCE_FIELD.gtid),
    );
    expect(seen).toEqual(gtids);
  });

  test("a row whose columns are named as the envelope's fields is a row", () => {
    const row = { op: "d", source: { gtid: "9-9-9" }, before: 1, after: 2, payload: {}, schema: {} };
    const event = read(JSON.stringify({ before: row, after: row, source: { gtid: "0-1-2" }, op: "u" }));
    expect([event.op, event.sourceText(SOURCE_FIELD.gtid)]).toEqual(["u", "0-1-2"]);
    expect(JSON.parse(decoder.decode(event.after ?? new Uint8Array(0)))).toEqual(row);
  });

  test("a payload without a schema is no envelope", () => {
    expect(read('{"payload":{"op":"c","source":{}}}').hasSource).toBe(false);
  });

  test("bytes stay bytes: numbers beyond 2^53 beside the fields that are asked for do no harm", () => {
    const event = read('{"after":{"n":12345678901234567890},"source":{"ts_ns":1795416946000000000,"pos":7},"op":"c"}');
    expect(event.sourceInteger(SOURCE_FIELD.pos)).toBe(7);
    expect(decoder.decode(event.after ?? new Uint8Array(0))).toBe('{"n":12345678901234567890}');
  });

  test("a number beyond 2^53 that is asked for is refused, never rounded", () => {
    expect(() => read('{"source":{"pos":9007199254740993},"op":"c"}').sourceInteger(SOURCE_FIELD.pos)).toThrow(
      expect.objectContaining({ code: "RECORD_MALFORMED" }),
    );
  });

  test("an op is a string: what only has its length is refused", () => {
    expect(() => read('{"op":1c1,"source":{}}').op).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
  });
});

describe("damaged events", () => {
  /** All views, or the code of what was refused. */
  function outcome(bytes: Uint8Array): unknown {
    try {
      const event = new ChangeEvent().read(bytes);
      return [
        event.op,
        event.processedMs,
        event.hasSource,
        event.before,
        event.after,
        event.sourceText(SOURCE_FIELD.gtid),
        event.sourceInteger(SOURCE_FIELD.pos),
      ];
    } catch (thrown) {
      if (thrown instanceof TandemError) return thrown.code;
      throw thrown;
    }
  }
  const whole = encoder.encode(mariadbEvent("a", { before: 'a "b" \\', after: "{" }));

  test("every truncation is refused", () => {
    for (let length = 0; length < whole.length; length++)
      expect(outcome(whole.subarray(0, length))).toBe("RECORD_MALFORMED");
    expect(outcome(whole)).toBeInstanceOf(Array);
  });

  test("two events in one value are refused", () => {
    expect(outcome(new Uint8Array([...whole, ...whole]))).toBe("RECORD_MALFORMED");
  });

  test("changed bytes are refused or give a value", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const damaged = new Uint8Array(whole);
          for (const [at, byte] of changes) damaged[at] = byte;
          const result = outcome(damaged);
          expect(Array.isArray(result) || result === "RECORD_MALFORMED").toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
