import { describe, expect, it } from "vitest";
import { javaPattern } from "../src/java-pattern.ts";

describe("a regular expression of Java's", () => {
  it.each([
    ["shop\\.(.*)", "shop.orders", true],
    ["orders", "shop.orders", false],
    ["a|b", "ab", false],
    ["shop\\-a\\_b", "shop-a_b", true],
    ["\\Qa.b\\E.*", "a.bc", true],
    ["\\Qa.b\\E.*", "axbc", false],
    ["(?i)SHOP", "shop", true],
    ["\\p{Alpha}+", "abC", true],
    ["\\P{Alpha}+", "12", true],
    ["[\\p{Lower}\\d]+", "a1", true],
    ["\\p{Lower}+", "ä", false],
    ["\\p{L}+", "ä", true],
    ["\\p{IsLatin}+", "ä", true],
    ["[\\w-.]+", "a-b.c", true],
    ["[]a]+", "]a", true],
    ["[^]]", "a", true],
    ["\\Aabc\\z", "abc", true],
    ["(?<n>a)\\k<n>", "aa", true],
    ["(a)\\1", "aa", true],
    ["a{2,}?", "aaa", true],
    ["a}]", "a}]", true],
    ["\\x41\\u0042", "AB", true],
    ["[\\h]+", " \t", true],
  ])("%s: %s is %s", (pattern, text, matches) => {
    expect(javaPattern(pattern).test(text)).toBe(matches);
  });

  it.each([
    "(",
    "a++",
    "(?>a)",
    "[a-z&&[^b]]",
    "[a[b]]",
    "a(?i)b",
    "(?x)a",
    "{",
    "\\y",
    "\\",
    "[a",
    "\\p{NoSuch}",
    "\\012",
  ])("is refused where JavaScript lacks it, or it is wrong: %s", (pattern) => {
    expect(() => javaPattern(pattern)).toThrow(SyntaxError);
  });
});
