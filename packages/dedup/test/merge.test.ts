import { batchOf, type Header, type Lane, type LaneContext, type Outcomes, type PlainRecord } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { merge, type MergeOptions } from "../src/index.ts";
import { context as contextOf } from "./support.ts";

const RULE: MergeOptions = { regex: String.raw`(a|b)\.(.*)`, topic: "$2", source: "$1", header: "source" };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const header = (key: string, text: string): Header => ({ key, value: bytes(text) });

const context = (topic: string, partitions = 3, partition = 0): LaneContext => ({
  ...contextOf(),
  lane: { topic, partition },
  partitions,
});

async function merged(topic: string, records: readonly PlainRecord[], partition = 0): Promise<Outcomes> {
  const lane: Lane = { topic, partition };
  const stage = merge(RULE);
  await stage.openLane?.(context(topic, 3, partition));
  return stage.apply(batchOf(lane, records), context(topic, 3, partition));
}

describe("merge", () => {
  it("maps the topic, keeps the partition, adds the source, and leaves everything else as it was", async () => {
    const records = [
      { offset: 5, timestamp: 7, key: bytes("k"), value: bytes("v"), headers: [header("id", "1")] },
      { offset: 6, timestamp: 8, key: bytes("k"), value: null },
      { offset: 9, timestamp: 8, key: null, value: bytes("") },
    ];
    const { next, ...rest } = await merged("a.shop.orders", records, 2);
    expect(rest).toEqual({ origins: null, dropped: [], rejected: [], diverted: [] });
    for (const [i, record] of records.entries()) {
      expect([next.topic(i), next.partition(i)]).toEqual(["shop.orders", 2]);
      expect([next.offset(i), next.timestamp(i)]).toEqual([record.offset, record.timestamp]);
      expect(next.key(i)).toBe(record.key);
      expect(next.value(i)).toBe(record.value);
      expect(next.headers(i)).toEqual([...(record.headers ?? []), header("source", "a")]);
    }
  });

  it("takes the place of a header of that name", async () => {
    const headers = [header("source", "x"), header("id", "1"), header("source", "y")];
    const { next } = await merged("b.shop.orders", [{ offset: 0, timestamp: 0, key: null, value: null, headers }]);
    expect(next.headers(0)).toEqual([header("id", "1"), header("source", "b")]);
  });
});

describe("merge refuses", () => {
  const open = (rule: Partial<MergeOptions>, ...topics: readonly (readonly [string, number])[]): (() => void) => {
    const stage = merge({ ...RULE, ...rule });
    return () => {
      for (const [topic, partitions] of topics) void stage.openLane?.(context(topic, partitions));
    };
  };
  it.each<[string, Partial<MergeOptions>, readonly (readonly [string, number])[], RegExp]>([
    ["a topic that does not match as a whole", {}, [["xa.shop.orders", 1]], /does not match/],
    ["a topic that matches in part", { regex: "(a)|b" }, [["a.shop.orders", 1]], /does not match/],
    ["a name that is none", { topic: "$3" }, [["a.shop.orders", 1]], /no topic name/],
    ["a source without a name", { source: "" }, [["a.shop.orders", 1]], /names no source/],
    ["a source that is no group", { source: "$7" }, [["a.shop.orders", 1]], /names no source/],
    [
      "one source for two topics",
      { source: "x" },
      [
        ["a.t", 1],
        ["b.t", 1],
      ],
      /tell them apart/,
    ],
    [
      "other numbers of partitions",
      {},
      [
        ["a.t", 3],
        ["b.t", 2],
      ],
      /different partitions/,
    ],
    ["loops", { isInput: (topic) => topic === "t" }, [["a.t", 1]], /loop/],
  ])("%s", (_, rule, topics, message) => {
    expect(open(rule, ...topics)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(open(rule, ...topics)).toThrow(message);
  });

  it("nothing else: lanes of one topic, topics that go elsewhere", () => {
    expect(open({}, ["a.t", 3], ["a.t", 3], ["b.t", 3], ["a.u", 2])).not.toThrow();
  });
});
