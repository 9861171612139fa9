import { DIGEST_BYTES } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteBuffer } from "../src/byte-buffer.ts";
import { Columns } from "../src/columns.ts";
import { type HashName, loadHash } from "../src/index.ts";

const encoder = new TextEncoder();
const hashes = { xxh128: await loadHash("xxh128"), xxh64: await loadHash("xxh64"), sha256: await loadHash("sha256") };

function columns(
  hash: HashName = "xxh128",
  prefix: readonly (string | number)[] = ["debezium", 1, "monolith", "cdc.shop.orders"],
): Columns {
  const made = new Columns(hashes[hash], prefix);
  made.reset(10);
  return made;
}

/** Adds a record of this identity; returns its key. */
function key(
  made: Columns,
  id: string,
  settings: { readonly bucket?: number; readonly content?: string } = {},
): string {
  made.writer.reset();
  made.writer.text(id);
  if (settings.bucket !== undefined) made.writer.bucket = settings.bucket;
  if (settings.content !== undefined) made.writer.content(encoder.encode(settings.content));
  const entry = made.add(7);
  return `${made.buckets[entry]}/${Buffer.from(made.digests.subarray(entry * DIGEST_BYTES, (entry + 1) * DIGEST_BYTES)).toString("hex")}`;
}

describe("identity bytes", () => {
  const field = fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom("", "a", "ab", "€", "\u0000"),
  );
  type Field = string | Uint8Array | null;

  function written(fields: readonly Field[]): string {
    const buffer = new ByteBuffer();
    for (const one of fields)
      if (typeof one === "string") buffer.text(one);
      else buffer.field(one);
    return Buffer.from(buffer.bytes.subarray(0, buffer.length)).toString("hex");
  }

  test("fields cannot run into each other: other fields, other bytes", () => {
    const same = (a: readonly Field[], b: readonly Field[]): boolean =>
      JSON.stringify(a.map(bytesOf)) === JSON.stringify(b.map(bytesOf));
    const bytesOf = (one: Field): number[] | null =>
      one === null ? null : [...(typeof one === "string" ? encoder.encode(one) : one)];
    fc.assert(
      fc.property(fc.array(field, { maxLength: 4 }), fc.array(field, { maxLength: 4 }), (a, b) => {
        expect(written(a) === written(b)).toBe(same(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  test("the same text cut in other places is another identity", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 10, unit: "grapheme-ascii" }),
        fc.nat(),
        fc.nat(),
        (text, a, b) => {
          const cut = (at: number): string =>
            written([text.slice(0, at % (text.length + 1)), text.slice(at % (text.length + 1))]);
          expect(cut(a) === cut(b)).toBe(a % (text.length + 1) === b % (text.length + 1));
        },
      ),
    );
  });

  test("one huge record does not hold its size for ever, and its prefix stays", () => {
    const buffer = new ByteBuffer();
    buffer.text("prefix");
    const prefix = buffer.length;
    buffer.field(new Uint8Array(5_000_000));
    buffer.reset(prefix);
    expect(buffer.bytes.length).toBeLessThanOrEqual(1 << 20);
    expect(Buffer.from(buffer.bytes.subarray(4, prefix)).toString()).toBe("prefix");
  });
});

describe("keys", () => {
  test.each<[string, Columns]>([
    ["the strategy's name", columns("xxh128", ["debezium-sources", 1, "monolith", "cdc.shop.orders"])],
    ["its version", columns("xxh128", ["debezium", 2, "monolith", "cdc.shop.orders"])],
    ["the pipeline", columns("xxh128", ["debezium", 1, "other", "cdc.shop.orders"])],
    ["the topic", columns("xxh128", ["debezium", 1, "monolith", "cdc.shop.items"])],
    ["the hash", columns("sha256")],
    ["also where one hash begins as the other", columns("xxh64")],
  ])("depend on %s", (_, other) => {
    expect(key(other, "x").slice(-32, -16)).not.toBe(key(columns(), "x").slice(-32, -16));
  });

  test("are the same on every lane and in every life", () => {
    expect(key(columns(), "x")).toBe(key(columns(), "x"));
  });

  test("xxh64 is padded with zeros, whatever stood there before", () => {
    const made = columns("xxh64");
    made.digests.fill(0xff);
    expect(key(made, "x")).toMatch(/0{16}$/);
  });
});

describe("buckets", () => {
  test("only bytes of the identity decide: not the content, not the coordinate", () => {
    expect(key(columns(), "x", { content: "1" })).toBe(key(columns(), "x", { content: "2" }));
  });

  test("without locality the digest's prefix decides, below zero: never a bucket of positions", () => {
    const made = columns();
    made.reset(2_000);
    const seen = new Set(Array.from({ length: 2_000 }, (_, i) => Number(key(made, `k${i}`).split("/")[0])));
    expect(Math.max(...seen)).toBeLessThan(0);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(-4_096);
    expect(seen.size).toBeGreaterThan(1_000);
  });

  test("a bucket is part of the key, and that of the record before does not stay", () => {
    const made = columns();
    expect(key(made, "x", { bucket: 3 })).toMatch(/^3\//);
    expect(key(made, "x")).toMatch(/^-/);
    expect(made.length).toBe(2);
  });
});

describe("within a batch", () => {
  test("digests that differ in their last byte alone are two keys", () => {
    const made = new Columns(
      { ...hashes.xxh128, digest: (input, length, out, at) => void (out[at + 15] = input[length - 1] ?? 0) },
      [],
    );
    made.reset(3);
    expect(["a", "b", "a"].map((id) => key(made, id, { bucket: 0 }).slice(-2))).toEqual(["61", "62", "61"]);
    expect(made.length).toBe(2);
  });

  test("what was said of a record is not said of the next", () => {
    const { writer } = columns();
    Object.assign(writer, { aligned: false, deletes: true, source: "a", bucket: 4 });
    writer.reset();
    expect(writer).toMatchObject({ aligned: true, deletes: false, source: undefined, bucket: -1 });
  });

  test("a key is entered once, by its first record, as a map would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(fc.nat(60), fc.nat(2)), { maxLength: 200 }), { maxLength: 4 }),
        (batches) => {
          const made = columns();
          for (const batch of batches) {
            made.reset(batch.length);
            const first = new Map<string, number>();
            batch.forEach(([id, bucket], i) => {
              made.writer.reset();
              made.writer.number(id);
              made.writer.bucket = bucket;
              made.writer.content(Uint8Array.of(i));
              const entry = made.add(100 + i);
              const name = `${id}/${bucket}`;
              if (!first.has(name)) first.set(name, i);
              expect(made.coordinates[entry]).toBe(100 + (first.get(name) ?? 0));
              expect(made.fingerprint).toBe(hashes.xxh128.fingerprint(Uint8Array.of(1, 0, 0, 0, i), 5));
            });
            expect(made.length).toBe(first.size);
            expect([...made.coordinates.subarray(0, made.length)]).toEqual([...first.values()].map((i) => 100 + i));
          }
        },
      ),
    );
  });

  test("nothing is allocated anew for a batch that is no larger", () => {
    const made = columns();
    const { digests } = made;
    made.reset(10);
    expect(made.digests).toBe(digests);
  });
});
