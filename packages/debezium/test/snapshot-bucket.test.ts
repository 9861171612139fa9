import { DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { snapshotBucket } from "../src/snapshot-bucket.ts";
import { sent, type Told } from "./events.ts";
import { type Delivery, Player } from "./player.ts";

const encoder = new TextEncoder();
/** Numbers below this are taken for one of few. */
const FEW = 16;
const bytes = (text: string): Uint8Array => encoder.encode(text);
const bucketOf = (key: unknown, table = "orders", partitions = 1): number =>
  snapshotBucket(bytes(JSON.stringify(key)), bytes(`"${table}"`), partitions);

/** How many keys each bucket holds. */
function sizes(keys: readonly unknown[]): number[] {
  const buckets = new Map<number, number>();
  for (const bucket of keys.map((key) => bucketOf(key))) buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  return [...buckets.values()];
}
const pairs = (as: number, bs: number): [number, number][] =>
  Array.from({ length: as * bs }, (_, i) => [Math.floor(i / bs), i % bs]);

describe("neighbours in a snapshot share a bucket", () => {
  test("512 rows of a table whose key is one number", () => {
    expect(sizes(Array.from({ length: 51_200 }, (_, id) => ({ id })))).toEqual(Array(100).fill(512));
    expect(sizes(Array.from({ length: 1_024 }, (_, id) => ({ id: id - 512 })))).toEqual([512, 512]);
  });

  test("also in the lane of a topic of many partitions, which gets some of the rows", () => {
    const every64th = Array.from({ length: 5_120 }, (_, i) => bucketOf({ id: i * 64 }, "orders", 64));
    expect(new Set(every64th).size).toBe(10);
  });

  test("the lines of an order, with those of the orders beside it", () => {
    const lines = pairs(3_200, 5).map(([order_id, line]) => ({ order_id, line }));
    expect(sizes(lines)).toEqual(Array(100).fill(160));
  });

  test("the rows of one tenant that lie side by side, never all of them", () => {
    const rows = pairs(4, 5_120).map(([tenant_id, id]) => ({ tenant_id, id: id + FEW }));
    const of = sizes(rows);
    expect(of.length).toBe(4 * 11);
    expect(Math.max(...of)).toBe(512);
  });

  test("the rows of a warehouse's district, of which many have equal numbers", () => {
    const rows = pairs(5, 10).flatMap(([w, d]) => pairs(640, 10).map(([o, line]) => ({ w, d, o: o + FEW, line })));
    const of = sizes(rows);
    expect(Math.max(...of)).toBe(320);
    expect(of.length).toBeLessThanOrEqual(5 * 10 * 21);
  });

  test("at most 512 of a key of small numbers only", () => {
    const small = pairs(16, 16).flatMap(([a, b]) => pairs(8, 8).map(([c, d]) => ({ a, b, c, d })));
    expect(Math.max(...sizes(small))).toBeLessThanOrEqual(512);
  });
});

describe("a bucket of a snapshot", () => {
  test("lies in a range of its own: no bucket of a position, and a safe integer", () => {
    for (const id of [0, 1, -1, 255, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const bucket = bucketOf({ id });
      expect(Number.isSafeInteger(bucket)).toBe(true);
      expect(bucket).toBeGreaterThanOrEqual(2 ** 52);
    }
  });

  test("tells large numbers apart, the places of numbers, and tables", () => {
    expect(bucketOf({ id: 0 })).not.toBe(bucketOf({ id: 2 ** 45 }));
    expect(bucketOf({ a: 0, b: 1_000 })).not.toBe(bucketOf({ a: 1_000, b: 0 }));
    expect(bucketOf({ id: 1 })).not.toBe(bucketOf({ id: 1 }, "items"));
  });

  test("goes by what stands in the payload of a schema envelope, not by the schema", () => {
    const schema = { type: "struct", fields: [{ type: "int64", optional: false, field: "id", version: 9_999 }] };
    expect(bucketOf({ schema, payload: { id: 7 } })).toBe(bucketOf({ id: 7 }));
    expect(bucketOf({ schema: { type: "int64" }, payload: 7 })).toBe(bucketOf(7));
    expect(bucketOf({ schema: 1, payload: 70_000 })).not.toBe(bucketOf(70_000));
  });

  test.each([
    ["no key", null],
    ["an empty key", ""],
    ["no JSON", "\u{0}\u{1}"],
    ["half of it", '{"id":'],
    ["no columns", "{}"],
    ["a text", '{"id":"7"}'],
    ["a text beside a number", '{"tenant_id":7,"id":"0b7e"}'],
    ["a fraction", '{"id":0.5}'],
    ["true", '{"id":true}'],
    ["null", '{"id":null}'],
    ["more than 2^53", '{"id":9007199254740993}'],
    ["a number that is nested", '{"id":{"scale":0,"value":"AQ=="}}'],
    ["a list", "[7]"],
  ])("is the digest's prefix for %s", (_, key) => {
    expect(snapshotBucket(key === null ? null : bytes(key), null, 1)).toBe(-1);
  });

  test("and for bytes that are no UTF-8", () => {
    expect(snapshotBucket(new Uint8Array([0x22, 0xff, 0x22]), null, 1)).toBe(-1);
  });
});

describe("what is claimed", () => {
  const row = (source: string, told: Told): Delivery =>
    sent(source, { op: "r", gtid: null, snapshot: "true", after: "S1", ...told });

  /** The bucket and the digest of each key that is asked for. */
  async function claimed(...deliveries: readonly Delivery[]): Promise<{ bucket: number; digest: string }[]> {
    const keys: { bucket: number; digest: string }[] = [];
    const keyStore: KeyStore = {
      async claim(_, { buckets, coordinates, digests, fingerprints, length }) {
        for (let i = 0; i < length; i++)
          keys.push({
            bucket: buckets[i] ?? Number.NaN,
            digest: Buffer.from(digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)).toString("hex"),
          });
        return { coordinates, fingerprints };
      },
      health: async () => ({ ok: true }),
      close: async () => undefined,
    };
    const player = new Player({
      identity: debeziumIdentity({ sources: { header: "connector" } }),
      dedup: { keyStore },
    });
    for (const delivery of deliveries) await player.play(delivery);
    return keys;
  }

  test("two connectors' copies have one bucket, whatever else they say of the row", async () => {
    const [a, b] = await claimed(
      row("a", { key: 700, sequence: 1, pos: 100 }),
      row("b", { key: 700, sequence: 90_000, pos: 7, file: 9, snapshot: "last", gtid: "0-102-90000" }),
    );
    expect(a?.bucket).toBeGreaterThanOrEqual(2 ** 52);
    expect(b).toEqual(a);
  });

  test("a row of another content is another key of the same bucket", async () => {
    const [a, b] = await claimed(row("a", { key: 700 }), row("a", { key: 700, after: "S2" }));
    expect(b?.bucket).toBe(a?.bucket);
    expect(b?.digest).not.toBe(a?.digest);
  });

  test("a streamed change keeps to its position", async () => {
    const [change] = await claimed(sent("a", { key: 700, sequence: 256 * 5, after: "x" }));
    expect(change?.bucket).toBe(5);
  });
});
