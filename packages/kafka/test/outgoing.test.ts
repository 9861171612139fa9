import { describe, expect, it } from "vitest";
import { outgoingBytes, outgoingHeaders, outgoingTimestamp } from "../src/internal/outgoing.ts";
import { bytes } from "./support.ts";

describe("outgoing keys and values", () => {
  it("null stays null, empty stays empty", () => {
    expect(outgoingBytes(null)).toBeNull();
    const empty = outgoingBytes(new Uint8Array(0));
    expect(empty).toHaveLength(0);
    // The client takes a buffer without an address for null.
    expect(empty?.buffer.byteLength).toBeGreaterThan(0);
  });

  it("are views, not copies", () => {
    const source = Uint8Array.from([1, 2, 3, 4]).subarray(1, 3);
    const sent = outgoingBytes(source);
    expect([...(sent ?? [])]).toEqual([2, 3]);
    expect(sent?.buffer).toBe(source.buffer);
  });
});

describe("outgoing headers", () => {
  it("text goes out as it is: several bytes a character, empty, repeated names", () => {
    const text = "žluťoučký kůň 🐎 \uFEFF";
    expect(
      outgoingHeaders([
        { key: "ü", value: bytes(text) },
        { key: "ü", value: bytes("") },
        { key: "7", value: bytes("x") },
      ]),
    ).toEqual([{ ü: text }, { ü: "" }, { 7: "x" }]);
    expect(outgoingHeaders([])).toBeUndefined();
  });

  it.each([
    ["a NUL byte", "trace", Buffer.from([65, 0, 66]), "contains a NUL byte"],
    ["invalid UTF-8", "trace", Buffer.from([0xff, 0xfe]), "is not UTF-8"],
    ["half a character", "trace", bytes("ž").subarray(0, 1), "is not UTF-8"],
    ["null", "trace", null, "is null"],
    ["the name __proto__", "__proto__", bytes("x"), "has a name that the client cannot carry"],
    ["a NUL in its name", "a\0b", bytes("x"), "has a name that the client cannot carry"],
    ["a name that was not UTF-8", "a\uFFFD", bytes("x"), "has a name that the client cannot carry"],
  ])("%s is refused with a code and advice", (_what, key, value, problem) => {
    expect(() =>
      outgoingHeaders([
        { key: "good", value: bytes("x") },
        { key, value },
      ]),
    ).toThrow(
      expect.objectContaining({
        code: "HEADER_NOT_REPRESENTABLE",
        message: expect.stringContaining(`header "${key}" ${problem}: `) as string,
      }) as Error,
    );
  });
});

describe("outgoing timestamps", () => {
  it("0 means now to the client, and is refused", () => {
    expect(outgoingTimestamp(1)).toBe(1);
    expect(outgoingTimestamp(-1)).toBe(-1);
    expect(() => outgoingTimestamp(0)).toThrow(
      expect.objectContaining({ code: "TIMESTAMP_NOT_REPRESENTABLE" }) as Error,
    );
  });
});
