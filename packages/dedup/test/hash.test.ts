import { createHash } from "node:crypto";
import { DIGEST_BYTES } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HASH_NAMES, loadHash } from "../src/index.ts";

const encoder = new TextEncoder();

async function digest(name: (typeof HASH_NAMES)[number], text: string): Promise<string> {
  const hash = await loadHash(name);
  const input = encoder.encode(`${text}rest of a buffer that is no part of it`);
  const out = new Uint8Array(DIGEST_BYTES + 4);
  hash.digest(input, encoder.encode(text).length, out, 2);
  expect([...out.subarray(0, 2), ...out.subarray(2 + hash.size)].every((byte) => byte === 0)).toBe(true);
  return Buffer.from(out.subarray(2, 2 + hash.size)).toString("hex");
}

/** Known answers of XXH64 with seed 0, as numbers are written. */
const XXH64: readonly (readonly [string, bigint])[] = [
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["abc", 0x44bc2cf5ad770999n],
  ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
];

function littleEndian(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString("hex");
}

describe("known answers", () => {
  test.each(XXH64)("xxh64 of %j", async (text, value) => {
    expect(await digest("xxh64", text)).toBe(littleEndian(value));
  });

  test.each(XXH64)("xxh128 of %j: XXH64 of two seeds, the first of them 0", async (text, value) => {
    const both = await digest("xxh128", text);
    expect(both.slice(0, 16)).toBe(littleEndian(value));
    expect(both.slice(16)).not.toBe(both.slice(0, 16));
  });

  test("the second seed of xxh128 stays what it is: claims outlive a release", async () => {
    expect(await digest("xxh128", "abc")).toBe("990977adf52cbc448bac436b9df5d02e");
  });

  test.each(["", "abc", "x".repeat(1_000)])("sha256 is cut to 128 bits: %j", async (text) => {
    expect(await digest("sha256", text)).toBe(createHash("sha256").update(text).digest("hex").slice(0, 32));
  });
});

describe.each(HASH_NAMES)("%s", (name) => {
  test("the fingerprint is a function of the bytes: 32 bits, unsigned", async () => {
    const hash = await loadHash(name);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const print = hash.fingerprint(bytes, bytes.length);
        expect(print).toBe(print >>> 0);
        expect(hash.fingerprint(Uint8Array.of(...bytes, 1, 2), bytes.length)).toBe(print);
      }),
    );
  });

  test("neighbours spread evenly over both halves, and none meet", async () => {
    const hash = await loadHash(name);
    const out = new Uint8Array(DIGEST_BYTES);
    const seen = new Set<string>();
    const halves = [0, hash.size / 2].map((at) => ({ at, count: new Float64Array(256) }));
    for (let i = 0; i < 20_000; i++) {
      const input = encoder.encode(`0-101-${i}`);
      hash.digest(input, input.length, out, 0);
      seen.add(Buffer.from(out).toString("hex"));
      for (const { at, count } of halves) count[out[at] ?? 0] = (count[out[at] ?? 0] ?? 0) + 1;
    }
    expect(seen.size).toBe(20_000);
    // Chi-squared with 255 degrees of freedom: 400 is far out of what chance does.
    const expected = 20_000 / 256;
    for (const { count } of halves)
      expect(count.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(400);
  });
});
