import { describe, expect, it } from "vitest";
import { mergeStage } from "../src/run/merge-stage.ts";
import { least, parse, problems, put, type Tree } from "./support.ts";

const RULE = { regex: String.raw`(a|b)\.(.*)`, topic: "$2", source: "$1" };

/** A merge pipeline's file, changed. */
function file(change: (config: Tree) => void = () => undefined): string {
  return least((config) => {
    put(config, ["input", "topics"], ["a.shop.orders", String.raw`/^b\..*/`]);
    put(config, ["dedup"], { mode: "merge", merge: { ...RULE }, sources: { header: "source" } });
    change(config);
  });
}

describe("dedup.mode: merge", () => {
  it("takes a rule and the header, and writes below merged. unless told otherwise", () => {
    expect(problems(file())).toEqual([]);
    expect(parse(file()).config.output.prefix).toBe("merged.");
    expect(parse(file((c) => put(c, ["output", "prefix"], "all."))).config.output.prefix).toBe("all.");
    expect(parse(least()).config.output.prefix).toBe("dedup.");
    expect(mergeStage(parse(file()).config).name).toBe("merge");
  });

  it.each<[string, (config: Tree) => void, RegExp]>([
    ["no rule", (c) => delete (c["dedup"] as Tree)["merge"], /^dedup\.merge: is missing/],
    ["no header", (c) => delete (c["dedup"] as Tree)["sources"], /^dedup\.sources: is missing/],
    ["half a rule", (c) => put(c, ["dedup", "merge"], { regex: "a", topic: "b" }), /^dedup\.merge\.source: is missing/],
    ["a broken expression", (c) => put(c, ["dedup", "merge", "regex"], "("), /^dedup\.merge\.regex: is not a regular/],
    [
      "a store",
      (c) => put(c, ["dedup", "store"], { type: "memory" }),
      /^dedup\.store: has no meaning with mode: merge/,
    ],
    ["a snapshot rule", (c) => put(c, ["dedup", "snapshots"], "emit"), /^dedup\.snapshots: has no meaning/],
    ["names of sources", (c) => put(c, ["dedup", "sources", "names"], ["a"]), /^dedup\.sources\.names: has no meaning/],
    [
      "a topic that does not match",
      (c) => put(c, ["input", "topics"], ["c.t"]),
      /^input\.topics\[0\]: .*does not match/,
    ],
    ["a loop", (c) => put(c, ["input", "topics"], ["a.t", "merged.t"]), /^input\.topics\[0\]: .*a loop/],
    ["a rule without the mode", (c) => put(c, ["dedup", "mode"], "claims"), /^dedup\.merge: has a meaning with/],
  ])("is refused with %s", (_, change, message) => {
    expect(problems(file(change))).toContainEqual(expect.stringMatching(message));
  });
});
