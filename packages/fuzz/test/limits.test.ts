import { readFileSync } from "node:fs";
import { avroFormat, framed, parseSchema, type SchemaRegistry } from "@tandem-cdc/avro";
import { batchOf, type Projection } from "@tandem-cdc/core";
import { jsonFormat } from "@tandem-cdc/debezium";
import { describe, expect, it } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const ROW = /^\| .* \| ([\d,]+)(?: bytes)? \| `([^`]+)` `([^`]+)` \|$/gm;
const LIMITS = [...read("docs/limits.md").matchAll(ROW)].map(
  ([, value = "", path = "", name = ""]) => [name, path, Number(value.replaceAll(",", ""))] as const,
);
const limit = (path: string, of: string): number =>
  LIMITS.find(([name, at]) => name === of && at.includes(path))?.[2] ?? 0;

/** The number that stands behind a name in the code: `16 << 20`, `64 * 1024`, `1_000`. */
function inCode(path: string, name: string): number {
  const found = new RegExp(`(?:const ${name}(?:: number)? =|${name}:) ([\\d_ *<]+)`).exec(read(path))?.[1] ?? "";
  const [base = "", shift = "0"] = found.replaceAll("_", "").split("<<");
  return base.split("*").reduce((product, factor) => product * Number(factor), 1) * 2 ** Number(shift);
}

it("docs/limits.md has the numbers of the code", () => {
  expect(LIMITS.length).toBeGreaterThanOrEqual(19);
  for (const [name, path, value] of LIMITS) expect([name, path, inCode(path, name)]).toEqual([name, path, value]);
});

describe("a record at the limit is read, one beyond it is rejected", () => {
  function answers(projection: Projection, payload: Uint8Array): unknown {
    try {
      projection.read(payload);
      return projection.canonical(0) === null ? "nothing" : "read";
    } catch (thrown) {
      return (thrown as { readonly code?: unknown }).code;
    }
  }
  const ofJson = (text: string): unknown => answers(jsonFormat.project("value", ["a"]), Buffer.from(text));
  async function ofAvro(schema: unknown, body: Uint8Array): Promise<unknown> {
    const type = parseSchema(schema);
    const registry = { schema: async () => ({ id: 1, text: "", referenced: [], type }) } as unknown as SchemaRegistry;
    const projection = avroFormat({ registry }).project("value", [""]);
    const payload = framed(1, body);
    const record = { offset: 0, timestamp: 0, key: null, value: payload };
    await projection.prepare?.(batchOf({ topic: "t", partition: 0 }, [record]), new AbortController().signal);
    return answers(projection, payload);
  }

  it("JSON: nesting", () => {
    const nested = (name: string, depth: number): string => `{"${name}":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const skipped = limit("json-scanner", "MAX_DEPTH");
    expect(ofJson(nested("b", skipped))).toBe("nothing");
    expect(ofJson(nested("b", skipped + 1))).toBe("RECORD_MALFORMED");
    const compared = limit("json-canonical", "MAX_DEPTH");
    expect(ofJson(nested("a", compared))).toBe("read");
    expect(ofJson(nested("a", compared + 1))).toBe("RECORD_MALFORMED");
  });

  it("JSON: exponents", () => {
    const digits = "1".repeat(limit("json-canonical", "MAX_EXPONENT"));
    expect(ofJson(`{"a":1e${digits}}`)).toBe("read");
    expect(ofJson(`{"a":1e${digits}1}`)).toBe("RECORD_MALFORMED");
  });

  it("JSON: no length of its own", () => {
    expect(ofJson(`{"b":"${"x".repeat(16 << 20)}","a":1}`)).toBe("read");
  });

  it("Avro: nesting", async () => {
    const most = limit("avro/src/reader", "MAX_DEPTH");
    const list = { type: "record", name: "L", fields: [{ name: "next", type: ["null", "L"] }] };
    const nested = (depth: number): Buffer => Buffer.from([...Array.from({ length: depth - 1 }, () => 2), 0]);
    expect(await ofAvro(list, nested(most))).toBe("read");
    expect(await ofAvro(list, nested(most + 2))).toBe("RECORD_MALFORMED");
  });

  it("Avro: items without bytes", async () => {
    const most = limit("avro/src/reader", "MAX_WEIGHTLESS_ITEMS");
    const nulls = (count: number): Buffer => {
      const twice = 2 * count; // zigzag
      return Buffer.from([(twice & 0x7f) | 0x80, ((twice >> 7) & 0x7f) | 0x80, twice >> 14, 0]);
    };
    const array = { type: "array", items: "null" };
    expect(await ofAvro(array, nulls(most))).toBe("read");
    expect(await ofAvro(array, nulls(most + 1))).toBe("RECORD_MALFORMED");
  });
});
