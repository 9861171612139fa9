import type { DataObject, Schema } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { fieldAt, fieldPath, valueInMap, valueInStruct } from "../src/connect/field-path.ts";

describe("a path to a field", () => {
  it("is one name in V1", () => {
    expect(fieldPath("a.`b`", "V1")).toEqual(["a.`b`"]);
  });

  it.each([
    ["a", ["a"]],
    ["a.b.c", ["a", "b", "c"]],
    ["a..c", ["a", "", "c"]],
    ["a.", ["a", ""]],
    [".a", ["", "a"]],
    ["`a.b`.c", ["a.b", "c"]],
    ["c.`a.b`", ["c", "a.b"]],
    ["`a`b`.c", ["a`b", "c"]],
    ["`a\\`.b`", ["a`.b"]],
    ["a`b.c", ["a`b", "c"]],
    ["`a`.", ["a", ""]],
  ])("is read in V2: %s", (text, path) => {
    expect(fieldPath(text, "V2")).toEqual(path);
  });

  it.each(["`a", "a.`b", "`a\\`", "`a`b"])("is refused with a backtick that none closes: %s", (text) => {
    expect(() => fieldPath(text, "V2")).toThrow(/backtick/);
  });

  const text: Schema = { type: "string", optional: true, default: "d" };
  const inner: Schema = { type: "struct", optional: true, fields: [{ name: "b", schema: text }] };
  const outer: Schema = { type: "struct", optional: false, fields: [{ name: "a", schema: inner }] };

  it("finds fields and values", () => {
    expect(fieldAt(["a", "b"], outer)?.schema).toBe(text);
    expect(fieldAt(["x", "b"], outer)).toBeUndefined();
    expect(() => fieldAt(["a", "b", "c"], outer)).toThrow(/only structs/);
    expect(valueInStruct(["a", "b"], { a: { b: "v" } }, outer, false)).toBe("v");
    expect(valueInStruct(["a", "b"], { a: { b: null } }, outer, true)).toBe("d");
    expect(valueInStruct(["a", "b"], { a: { b: null } }, outer, false)).toBeNull();
    expect(valueInStruct(["a", "b"], { a: null }, outer, true)).toBeNull();
    const map: DataObject = { a: { b: 1 }, c: 2 };
    expect(valueInMap(["a", "b"], map)).toBe(1);
    expect(valueInMap(["constructor"], map)).toBeNull();
    expect(() => valueInMap(["c", "b"], map)).toThrow(/nested field access/);
  });
});
