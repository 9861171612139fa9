import { OutcomesBuilder, passThrough } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offsets, records, values } from "./support.ts";

describe("outcomes", () => {
  it("let every record go on, in the same batch object, when nothing is decided", () => {
    const batch = records("a", "b");
    expect(new OutcomesBuilder("t", batch).done()).toEqual(passThrough(batch));
    expect(new OutcomesBuilder("t", batch).done().next).toBe(batch);
  });

  it("drop, reject and replace records and keep the order, whatever the order of the calls", () => {
    const batch = records("a", "b", "c", "d");
    const builder = new OutcomesBuilder("t", batch);
    builder.reject(3, new Error("bad"));
    builder.drop(0, "old");
    builder.replace(1, [{ value: new TextEncoder().encode("B1") }, { value: null, topic: "other" }]);
    const outcomes = builder.done();
    expect(values(outcomes.next)).toEqual(["B1", null, "c"]);
    expect(offsets(outcomes.next)).toEqual([11, 11, 12]);
    expect(outcomes.next.topic(0)).toBe("cdc.shop.orders");
    expect(outcomes.next.topic(1)).toBe("other");
    expect(outcomes.dropped).toEqual([{ stage: "t", reason: "old", count: 1 }]);
    expect(outcomes.rejected).toMatchObject([{ stage: "t", index: 3 }]);
  });

  it("refuse a second fate, an index outside of the batch, and a drop without a reason", () => {
    const builder = new OutcomesBuilder("t", records("a", "b"));
    builder.drop(0, "x");
    expect(() => builder.drop(0, "x")).toThrow(/two fates/);
    expect(() => builder.drop(2, "x")).toThrow(RangeError);
    expect(() => builder.replace(1, [])).toThrow(/reason/);
  });

  it("equal a list model for random fates", () => {
    const fate = fc.constantFrom("keep", "drop", "reject", "one", "two");
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 40 }), (fates) => {
        const batch = records(...fates.map((_, i) => `v${i}`));
        const builder = new OutcomesBuilder("t", batch);
        const expected: string[] = [];
        fates.forEach((f, i) => {
          if (f === "keep") expected.push(`v${i}`);
          else if (f === "drop") builder.drop(i, "r");
          else if (f === "reject") builder.reject(i, new Error("r"));
          else {
            const made = (f === "one" ? ["x"] : ["x", "y"]).map((s) => `${s}${i}`);
            expected.push(...made);
            builder.replace(
              i,
              made.map((s) => ({ value: new TextEncoder().encode(s) })),
            );
          }
        });
        const outcomes = builder.done();
        expect(values(outcomes.next)).toEqual(expected);
        const count = outcomes.next.length - fates.filter((f) => f === "two").length + outcomes.rejected.length;
        expect(count + outcomes.dropped.reduce((sum, d) => sum + d.count, 0)).toBe(fates.length);
      }),
    );
  });
});
