import fc from "fast-check";
import { expect, test } from "vitest";
import { Occurrences } from "../src/occurrences.ts";

const CLEAR = -1;

test("counts as a map does, through growth, collisions and the ends of transactions", () => {
  const hash = fc.oneof(
    fc.nat(20),
    fc.nat(40).map((n) => n * 4_096),
    fc.integer({ min: 0, max: 0xffffffff }),
  );
  const runs = fc.array(fc.oneof({ weight: 30, arbitrary: fc.array(hash, { maxLength: 100 }) }, fc.constant([CLEAR])), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(runs, (hashes) => {
      const counted = new Occurrences();
      const model = new Map<number, number>();
      for (const one of hashes.flat()) {
        if (one === CLEAR) {
          counted.clear();
          model.clear();
          continue;
        }
        expect(counted.next(one)).toBe(model.get(one) ?? 0);
        model.set(one, (model.get(one) ?? 0) + 1);
      }
    }),
  );
});

test("a transaction of a million rows is counted, and its table given up at its end", () => {
  const counted = new Occurrences();
  for (let row = 0; row < 1_000_000; row++) counted.next(row);
  expect(counted.next(999_999)).toBe(1);
  counted.clear();
  expect(counted.next(999_999)).toBe(0);
});
