import cassandra from "cassandra-driver";
import { describe, expect, it } from "vitest";
import { bigint, LaneKeys, safeInteger } from "../src/values.ts";

const { Long } = cassandra.types;
const INTEGERS = [
  0,
  1,
  -1,
  -4_096,
  2 ** 31,
  -(2 ** 32),
  2 ** 52 + 2 ** 32 - 1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];

describe("a bigint", () => {
  it.each(INTEGERS)("is eight bytes, the high ones first: %d", (value) => {
    expect(bigint(value)).toHaveLength(8);
    expect(bigint(value).readBigInt64BE()).toBe(BigInt(value));
  });
  it.each(INTEGERS)("is read from a Long and from a BigInt: %d", (value) => {
    expect(safeInteger(Long.fromNumber(value))).toBe(value);
    expect(safeInteger(BigInt(value))).toBe(value);
  });
});

describe("a lane's part of the key", () => {
  const keys = new LaneKeys("orders");
  it("is namespace, topic and partition", () => {
    const [namespace, topic, partition] = keys.of({ topic: "cdc.ä", partition: 258 });
    expect(String(namespace)).toBe("orders");
    expect(String(topic)).toBe("cdc.ä");
    expect([...(partition ?? [])]).toEqual([0, 0, 1, 2]);
  });
  it("is each lane's own, and made once", () => {
    const [a, b] = [
      { topic: "t", partition: 1 },
      { topic: "t", partition: 2 },
    ];
    expect(keys.of(a)).toBe(keys.of(a));
    expect(keys.of(b)).not.toEqual(keys.of(a));
  });
});
