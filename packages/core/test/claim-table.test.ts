import { ClaimTable, DIGEST_BYTES } from "@tandem-cdc/core";
import fc from "fast-check";
import { expect, it } from "vitest";

/** Words of a digest; the second one chooses the slot. The last word of four is not kept. */
function digestOf(...words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: DIGEST_BYTES / 4 }, (_, i) => words[i] ?? 0).buffer);
}

it("answers as a map of smallest owners does, however full it is and wherever its keys fall", () => {
  const words = fc.tuple(
    fc.nat(1),
    fc.oneof(fc.nat(3), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 - 1 })),
    fc.nat(30),
  );
  const claims = fc.array(fc.tuple(words, fc.nat(1_000)), { maxLength: 600, size: "max" });
  fc.assert(
    fc.property(claims, (made) => {
      const table = new ClaimTable(0);
      const owners = new Map<string, number>();
      for (const [key, coordinate] of made) {
        const before = owners.get(key.join());
        owners.set(key.join(), Math.min(before ?? Infinity, coordinate));
        const entry = table.claim(digestOf(...key), 0, coordinate, coordinate * 7, 0);
        expect(table.won).toBe(before === undefined || coordinate < before);
        expect(table.coordinate(entry)).toBe(owners.get(key.join()));
        expect(table.fingerprint(entry)).toBe(table.coordinate(entry) * 7);
        expect(table.size).toBe(owners.size);
      }
    }),
    { numRuns: 50 },
  );
});

it("keeps the other claims when it expires the old ones", () => {
  const table = new ClaimTable(0);
  for (let i = 0; i < 500; i++) table.claim(digestOf(i, i * 7_000_000, i), 0, i, i, i * 1_000);
  expect(table.expire(200_000)).toBe(200);
  expect(table.size).toBe(300);
  for (let i = 200; i < 500; i++)
    expect(table.coordinate(table.claim(digestOf(i, i * 7_000_000, i), 0, 9_999, 0, 500_000))).toBe(i);
  expect(table.size).toBe(300);
});

it("was touched last when its newest claim was made, also where an old one is made again after it", () => {
  const table = new ClaimTable(1_000);
  table.claim(digestOf(1, 1, 1), 0, 5, 0, 9_000);
  table.claim(digestOf(2, 2, 2), 0, 1, 0, 2_000);
  expect(table.touched).toBe(9_000);
});
