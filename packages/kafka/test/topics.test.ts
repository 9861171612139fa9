import { expect, it } from "vitest";
import { matching } from "../src/internal/topics.ts";

const EXISTING = ["cdc.b", "cdc.a", "dedup.cdc.a", "__consumer_offsets", "other"];
const nothing = (): boolean => false;

it("topics are found by name and by regular expression, in a stable order, each once", () => {
  expect(matching(EXISTING, ["other", /^cdc\./, "cdc.a"], nothing)).toEqual(["cdc.a", "cdc.b", "other"]);
  expect(matching(EXISTING, ["missing"], nothing)).toEqual([]);
});

it("an expression finds neither internal topics nor what is excluded; a name does", () => {
  expect(matching(EXISTING, [/./], (topic) => topic.startsWith("dedup."))).toEqual(["cdc.a", "cdc.b", "other"]);
  expect(matching(EXISTING, ["dedup.cdc.a"], (topic) => topic.startsWith("dedup."))).toEqual(["dedup.cdc.a"]);
});

it("a global or sticky expression answers the same every time", () => {
  for (const expression of [/^cdc\./g, /cdc\./y])
    for (let i = 0; i < 3; i++) expect(matching(["cdc.a"], [expression], nothing)).toEqual(["cdc.a"]);
});
