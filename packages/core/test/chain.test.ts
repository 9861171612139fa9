import {
  type Batch,
  chain,
  not,
  OutcomesBuilder,
  type Predicate,
  TandemError,
  type Transform,
  when,
} from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { context, offsets, records, values } from "./support.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function text(batch: Batch, i: number): string {
  return decoder.decode(batch.value(i) ?? new Uint8Array());
}

/** A transform from a function of the value: a list of values that go on, or a reason to drop. */
function mapping(name: string, map: (value: string) => string[] | string): Transform {
  return {
    name,
    apply(batch) {
      const builder = new OutcomesBuilder(name, batch);
      for (let i = 0; i < batch.length; i++) {
        const made = map(text(batch, i));
        if (typeof made === "string") builder.drop(i, made);
        else
          builder.replace(
            i,
            made.map((value) => ({ value: encoder.encode(value) })),
          );
      }
      return builder.done();
    },
  };
}

const dropB = mapping("drop-b", (v) => (v.startsWith("b") ? "b" : [v]));
const twice = mapping("twice", (v) => [v, `${v}'`]);
const rejectC: Transform = {
  name: "reject-c",
  apply(batch) {
    const builder = new OutcomesBuilder("reject-c", batch);
    for (let i = 0; i < batch.length; i++) if (text(batch, i).startsWith("c")) builder.reject(i, new Error("c"));
    return builder.done();
  },
};
const isUpper: Predicate = { name: "upper", test: (batch, i) => /^[A-Z]/.test(text(batch, i)) };

describe("a chain", () => {
  it("is a transform: outcomes of its members add up over the batch that it received", async () => {
    const batch = records("a", "b", "c", "d");
    const outcomes = await chain([dropB, twice, rejectC]).apply(batch, context());
    expect(values(outcomes.next)).toEqual(["a", "a'", "d", "d'"]);
    expect(offsets(outcomes.next)).toEqual([10, 10, 13, 13]);
    expect([...(outcomes.origins ?? [])]).toEqual([0, 0, 3, 3]);
    expect(outcomes.dropped).toEqual([{ stage: "drop-b", reason: "b", count: 1 }]);
    expect(outcomes.rejected.map((r) => [r.stage, r.index])).toEqual([
      ["reject-c", 2],
      ["reject-c", 2],
    ]);
  });

  it("of chains gives the same as one chain", async () => {
    const batch = records("a", "b", "c");
    const flat = await chain([dropB, twice, rejectC]).apply(batch, context());
    const nested = await chain([chain([dropB, twice], "first"), rejectC]).apply(batch, context());
    expect(values(nested.next)).toEqual(values(flat.next));
    expect(nested.origins).toEqual(flat.origins);
  });

  it("keeps each member's state under its name", async () => {
    const counting = (name: string): Transform => ({
      name,
      apply(batch, lane) {
        lane.state = (typeof lane.state === "number" ? lane.state : 0) + batch.length;
        return new OutcomesBuilder(name, batch).done();
      },
    });
    const lane = context();
    const both = chain([counting("one"), dropB, counting("two")]);
    await both.apply(records("a", "b"), lane);
    await both.apply(records("c"), lane);
    expect(lane.state).toEqual({ one: 3, two: 2 });
  });

  it("refuses two members of one name, and names the member that fails", async () => {
    expect(() => chain([dropB, dropB])).toThrow(/each its own name/);
    const broken: Transform = {
      name: "broken",
      apply: () => {
        throw new Error("boom");
      },
    };
    await expect(chain([broken]).apply(records("a"), context())).rejects.toMatchObject({
      code: "TRANSFORM_FAILED",
      message: expect.stringContaining('"broken"'),
    });
  });

  it("names the member that cannot open, unless it was told to give up", async () => {
    const thrown = new TypeError("undefined is not iterable");
    const broken: Transform = { ...dropB, openLane: () => Promise.reject(thrown) };
    await expect(chain([broken]).openLane?.(context())).rejects.toMatchObject({
      code: "TRANSFORM_FAILED",
      message: expect.stringContaining('"drop-b"') as string,
      cause: thrown,
    });
    const given = { ...context(), signal: AbortSignal.abort() };
    await expect(chain([broken]).openLane?.(given)).rejects.toBe(thrown);
  });

  it("passes a member's coded error on unchanged", async () => {
    const down = new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
    const broken: Transform = { name: "broken", apply: () => Promise.reject(down) };
    await expect(chain([broken]).apply(records("a"), context())).rejects.toBe(down);
  });
});

describe("when", () => {
  it("applies a transform to matching records and leaves the others in their place", async () => {
    const batch = records("a", "B", "c", "D");
    const outcomes = await when(isUpper, twice).apply(batch, context());
    expect(values(outcomes.next)).toEqual(["a", "B", "B'", "c", "D", "D'"]);
    expect(offsets(outcomes.next)).toEqual([10, 11, 11, 12, 13, 13]);
  });

  it("with not() applies to the rest, and maps rejections back", async () => {
    const outcomes = await when(not(isUpper), rejectC).apply(records("A", "b", "c"), context());
    expect(values(outcomes.next)).toEqual(["A", "b"]);
    expect(outcomes.rejected.map((r) => r.index)).toEqual([2]);
  });

  it("keeps the order for random batches and predicates", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("a", "B", "b", "C", "c"), { maxLength: 30 }), async (input) => {
        const outcomes = await when(isUpper, chain([dropB, twice])).apply(records(...input), context());
        const expected = input.flatMap((v) => (/^[A-Z]/.test(v) ? [v, `${v}'`] : [v]));
        expect(values(outcomes.next)).toEqual(expected);
      }),
    );
  });
});
