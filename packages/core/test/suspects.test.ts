import { describe, expect, it } from "vitest";
import { Suspects } from "../src/runtime/suspects.ts";
import { LANE } from "./support.ts";

/** Plays transactions over records 0..n-1 of which one is refused; returns what was blamed and in how many tries. */
function hunt(records: number, refused: number): { blamed: number; tries: number } {
  const suspects = new Suspects();
  let at = 0;
  for (let tries = 1; tries < 10_000; tries++) {
    const inputs = Math.min(suspects.limit(LANE) ?? records, records - at);
    if (refused >= at && refused < at + inputs) {
      if (suspects.aborted(LANE, at, inputs)) return { blamed: at, tries };
    } else {
      suspects.committed(LANE);
      at += inputs;
    }
  }
  throw new Error("the hunt did not end");
}

describe("a record that is refused again and again", () => {
  it.each([0, 1, 499, 500, 998, 999])("is found by halving (record %i of 1000)", (refused) => {
    const { blamed, tries } = hunt(1_000, refused);
    expect(blamed).toBe(refused);
    expect(tries).toBeLessThan(60);
  });
  it("is found when it is the only one", () => {
    expect(hunt(1, 0).blamed).toBe(0);
  });
});

describe("aborts that have other reasons", () => {
  it("limit nothing before the third at one offset, and leave no limit behind", () => {
    const suspects = new Suspects();
    suspects.aborted(LANE, 5, 100);
    suspects.aborted(LANE, 5, 100);
    expect(suspects.limit(LANE)).toBeNull();
    suspects.aborted(LANE, 5, 100);
    expect(suspects.limit(LANE)).toBe(50);
    for (let i = 0; i < 8; i++) suspects.committed(LANE);
    expect(suspects.limit(LANE)).toBeNull();
  });
  it("at different offsets are not added up", () => {
    const suspects = new Suspects();
    for (let offset = 0; offset < 10; offset++) suspects.aborted(LANE, offset, 100);
    expect(suspects.limit(LANE)).toBeNull();
  });
});
