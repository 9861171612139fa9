import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coordinatesOf, fieldOf, Keys } from "../src/keys.ts";

describe("the key of a bucket", () => {
  it("has its whole name in the first pair of braces, which decides the slot", () => {
    const key = new Keys("tandem:", "shop").bucket({ topic: "cdc.shop.orders", partition: 3 }, -7);
    expect(key).toBe("tandem:{shop:cdc.shop.orders-3:-7}");
  });

  it("differs where anything differs, whatever the namespace", () => {
    const place = fc.record({
      namespace: fc.string({ minLength: 1, unit: fc.constantFrom("a", ":", "-", "{", "}", "0", "%", "é") }),
      topic: fc.string({ minLength: 1, unit: fc.constantFrom("a", ".", "-", "_", "0") }),
      partition: fc.nat(12),
      bucket: fc.integer({ min: -12, max: 12 }),
    });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [one, other] = [a, b].map((p) => new Keys("t:", p.namespace).bucket(p, p.bucket));
        expect(one === other).toBe(JSON.stringify(a) === JSON.stringify(b));
        expect(one).toMatch(/^t:\{[^{}]+\}$/);
      }),
    );
  });

  it("is no probe's", () => {
    const keys = new Keys("", "shop");
    expect(keys.probe).not.toBe(keys.bucket({ topic: "probe", partition: 0 }, 0));
  });
});

describe("the field of a block", () => {
  it("gives back first and last", () => {
    const coordinate = fc.nat(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(coordinate, coordinate, (first, last) => {
        expect(coordinatesOf(fieldOf({ first, last }), "k")).toEqual({ first, last });
      }),
    );
  });

  it.each(["", "1", "-1-2", "1-2-3", "a-b", "1e3-2", "1-"])("that is not ours is refused: %j", (field) => {
    expect(() => coordinatesOf(field, "k")).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
  });
});
