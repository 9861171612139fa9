import { laneId } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { replayFrom } from "../src/run/replay-from.ts";
import { file } from "./support.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const from = (text: string) => replayFrom(text, NOW);
const lane = (topic: string, partition: number) => laneId({ topic, partition });

describe("--from says", () => {
  it("the beginning", () => expect(from("earliest")).toBe("earliest"));

  it.each([
    ["2026-01-31T08:00:00Z", 1_769_846_400_000],
    ["2026-01-31T09:00:00+01:00", 1_769_846_400_000],
    ["2026-01-31", 1_769_817_600_000],
    ["1769846400000", 1_769_846_400_000],
  ])("a time: %s", (text, timestamp) => expect(from(text)).toEqual({ timestamp }));

  it("offsets, in the command or in a file", () => {
    const offsets = new Map([
      [lane("shop.orders", 0), 12],
      [lane("shop.orders", 11), 0],
    ]);
    expect(from("shop.orders:0=12, shop.orders:11=0")).toEqual({ offsets });
    expect(from(`@${file('{ "shop.orders:0": 12, "shop.orders:11": "0" }', "offsets.json")}`)).toEqual({ offsets });
  });
});

describe("--from is refused, with what it takes,", () => {
  it.each([
    ["latest", /none of: earliest; a time such as/],
    ["2026-01-31T08:00:00", /no time zone/],
    ["1769846400", /three zeros/],
    ["2027-01-01", /in the future/],
    ["orders=12", /topic:partition=offset/],
    ["orders:0=-1", /topic:partition=offset/],
    ["orders:0=12,orders:1", /topic:partition=offset/],
    ["orders:0=12,orders:1=3,orders:00=12", /orders[-:]0 is named twice/],
    ["@nothing.json", /nothing\.json there is no such file/],
  ])("%s", (text, message) => {
    expect(() => from(text)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => from(text)).toThrow(message);
  });

  it("a file that holds something else", () => {
    expect(() => from(`@${file("[1]", "offsets.json")}`)).toThrow(/does not hold JSON such as/);
  });
});
