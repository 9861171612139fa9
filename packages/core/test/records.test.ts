import {
  anchorOf,
  batchBytes,
  batchOf,
  decodeLaneState,
  encodeLaneState,
  laneId,
  lastHeader,
  parseLaneId,
  RecordView,
  select,
  slice,
} from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { LANE, offsets, records, values } from "./support.ts";

describe("a lane id", () => {
  it("goes there and back, dashes in the topic included", () => {
    const lane = { topic: "a-b-1", partition: 12 };
    expect(parseLaneId(laneId(lane))).toEqual(lane);
    expect(() => parseLaneId("nothing")).toThrow(TypeError);
  });
});

describe("a batch", () => {
  it("gives records as lazy views", () => {
    const view = new RecordView(records("a", "b"), 1);
    expect([view.topic, view.partition, view.offset, view.timestamp]).toEqual(["cdc.shop.orders", 3, 11, 1001]);
    expect(() => new RecordView(records("a"), 1)).toThrow(RangeError);
  });
  it("finds the last header of a name, and tells absent from null", () => {
    const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
    const headers = [
      { key: "connector", value: bytes("a") },
      { key: "connector", value: bytes("b") },
      { key: "none", value: null },
    ];
    const batch = batchOf(LANE, [{ offset: 0, timestamp: 0, key: null, value: null, headers }]);
    expect(lastHeader(batch, 0, "connector")).toEqual(bytes("b"));
    expect(lastHeader(batch, 0, "none")).toBeNull();
    expect(lastHeader(batch, 0, "absent")).toBeUndefined();
  });
  it("counts the bytes of keys and values", () => {
    expect(batchBytes(records("aaa", "b"))).toBe(8);
  });
  it("can be sliced and selected, and a slice of everything is the batch itself", () => {
    const batch = records("a", "b", "c", "d");
    expect(slice(batch, 0, 4)).toBe(batch);
    expect(values(slice(batch, 1, 3))).toEqual(["b", "c"]);
    expect(offsets(select(slice(batch, 1, 4), Int32Array.of(0, 2)))).toEqual([11, 13]);
    expect(() => slice(batch, 1, 3).offset(2)).toThrow(RangeError);
  });
});

describe("lane state", () => {
  it("survives encoding", () => {
    const state = {
      version: 1,
      nextOffset: 2 ** 40,
      anchor: anchorOf(records("a"), 0),
      partitions: 3,
      stages: { dedup: { x: [1, null] } },
    } as const;
    expect(decodeLaneState(encodeLaneState(state))).toEqual(state);
  });
  it("has an anchor that tells null from empty and key from value", () => {
    const of = (key: string | null, value: string | null): number => {
      const bytes = (s: string | null): Uint8Array | null => (s === null ? null : new TextEncoder().encode(s));
      return anchorOf(batchOf(LANE, [{ offset: 0, timestamp: 0, key: bytes(key), value: bytes(value) }]), 0).checksum;
    };
    const sums = [
      of(null, "a"),
      of("", "a"),
      of("a", null),
      of("a", ""),
      of("a", "a"),
      of(null, null),
      of("aa", ""),
      of("", "aa"),
    ];
    expect(new Set(sums).size).toBe(sums.length);
  });
});
