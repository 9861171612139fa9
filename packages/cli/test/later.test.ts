import { describe, expect, it } from "vitest";
import { LATER } from "../src/config/later.ts";
import { least, parse, problems, put, type Tree } from "./support.ts";

/** Values of a key that come later: those listed, or any that fits. */
function examples({ values }: (typeof LATER)[number]): readonly Tree[string][] {
  return values ?? ["x", 1, { a: 1 }];
}

const CASES = LATER.flatMap((later) => examples(later).map((value) => ({ later, key: later.path.join("."), value })));

/** A valid file, but for this one value. */
function fileWith(path: readonly string[], value: Tree[string]): string {
  return least((c) => {
    put(c, path, value);
  });
}

describe("keys and values of later releases", () => {
  it.each(CASES)("refuses $key: $value", ({ later: { path }, key, value }) => {
    const found = problems(fileWith(path, value));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${key}: (this value is )?not yet supported \\(.+\\)$`));
  });

  it.each([["predicates"], ["admin"]])("takes an empty %s", (...path) => {
    expect(problems(least((c) => put(c, path, {})))).toEqual([]);
  });

  it("says nothing of what is not there", () => {
    expect(parse(least()).notices).toEqual([]);
  });

  it("leaves the options of somebody's own store alone", () => {
    const store = { type: "./mine.js", rebuild: true, url: "x", nested: { maxClaims: 1 } };
    expect(parse(least((c) => put(c, ["dedup", "store"], store))).config.dedup.store).toEqual(store);
  });
});
