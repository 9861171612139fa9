import { encodeLaneState, type LaneStart, type LaneState } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { judgeStart } from "../src/runtime/lane-start.ts";
import { LANE } from "./support.ts";

const STATE: LaneState = { version: 1, nextOffset: 50, anchor: null, partitions: 1, stages: {} };

function start(overrides: Partial<LaneStart> & { known?: Partial<LaneState> | null }): LaneStart {
  const { known = {}, ...rest } = overrides;
  return {
    committed: 50,
    logStart: 0,
    logEnd: 100,
    partitions: 1,
    state: known === null ? null : encodeLaneState({ ...STATE, ...known }),
    ...rest,
  };
}

describe("a lane starts", () => {
  it("where its state equals the group's committed offset", () => {
    expect(judgeStart("shop", LANE, start({}))).toMatchObject({
      kind: "begin",
      beginning: { offset: 50, state: STATE },
    });
  });
  it("at the log's beginning when neither state nor offset exists", () => {
    expect(judgeStart("shop", LANE, start({ committed: null, known: null, logStart: 7 }))).toMatchObject({
      kind: "begin",
      beginning: { offset: 7, state: null },
    });
  });
  it("at the log's end when everything was processed, and at its start when the anchor is gone", () => {
    expect(judgeStart("shop", LANE, start({ logEnd: 50 })).kind).toBe("begin");
    expect(judgeStart("shop", LANE, start({ logStart: 50 })).kind).toBe("begin");
  });
});

describe("a lane waits, and then refuses,", () => {
  it("while its state is older than the committed offset", () => {
    expect(judgeStart("shop", LANE, start({ committed: 60 }))).toMatchObject({
      kind: "wait",
      error: { code: "LANE_STATE_STALE" },
    });
  });
  it.each([
    ["while there is no state though an offset is committed", { known: null }, "LANE_STATE_MISSING"],
    ["while there is no committed offset though state exists", { committed: null }, "LANE_OFFSET_MISSING"],
  ])("%s", (_, overrides, code) => {
    expect(judgeStart("shop", LANE, start(overrides))).toMatchObject({ kind: "wait", error: { code } });
  });
  it("while the committed offset lies below its floor", () => {
    expect(judgeStart("shop", LANE, start({ committed: 40 }))).toMatchObject({
      kind: "wait",
      error: { code: "LANE_OFFSET_REWOUND" },
    });
  });
  it("longer for its state, whose commit marker a killed broker writes late, than for offsets, which are a stable read", () => {
    const waits = [{ committed: 60 }, { known: null }, { committed: 40 }, { committed: null }].map((overrides) =>
      judgeStart("shop", LANE, start(overrides)),
    );
    expect(waits.map((verdict) => verdict.kind === "wait" && verdict.forMs)).toEqual([60_000, 60_000, 20_000, 20_000]);
  });
});

describe("a lane that is to be replayed starts", () => {
  const replay = (offset: number, overrides: Parameters<typeof start>[0] = {}, exact = true) =>
    judgeStart("shop", LANE, start(overrides), { offset, exact });

  it("below its floor, with the floor's state, and commits that first", () => {
    expect(replay(20)).toMatchObject({
      kind: "begin",
      beginning: { offset: 20, state: STATE, replaying: true, replayUpTo: 50, commitFirst: true },
    });
  });
  it("at the log's start when it is wanted below it", () => {
    expect(replay(0, { logStart: 7 })).toMatchObject({ beginning: { offset: 7, replaying: true } });
  });
  it("at its floor when a time or the beginning lies above it, but not when somebody named an offset there", () => {
    expect(replay(60, {}, false)).toMatchObject({ beginning: { offset: 50, replaying: false, commitFirst: false } });
    expect(() => replay(51)).toThrow(expect.objectContaining({ code: "REPLAY_BEYOND_FLOOR" }));
  });
  it.each([[40], [null]])("wherever the group's offset is (%s), and sets it", (committed) => {
    expect(replay(50, { committed })).toMatchObject({ beginning: { offset: 50, replaying: false, commitFirst: true } });
    expect(replay(20, { committed })).toMatchObject({ beginning: { offset: 20, replaying: true, commitFirst: true } });
  });
  it("like any other when it was never processed", () => {
    expect(replay(20, { committed: null, known: null })).toMatchObject({ beginning: { offset: 0, replaying: false } });
  });
  it("not while its state may still be on its way, nor without it", () => {
    expect(replay(20, { committed: 60 })).toMatchObject({ kind: "wait", error: { code: "LANE_STATE_STALE" } });
    expect(replay(20, { known: null })).toMatchObject({ kind: "wait", error: { code: "LANE_STATE_MISSING" } });
  });
  it("above its floor only where an interrupted replay had emitted everything before", () => {
    expect(() => replay(0, { logStart: 60 })).toThrow(expect.objectContaining({ code: "LANE_OFFSET_OUT_OF_RANGE" }));
    expect(replay(0, { logStart: 60, known: { replayUpTo: 70 } })).toMatchObject({
      beginning: { offset: 60, replayUpTo: 70, replaying: true },
    });
  });
});

describe("a replay of what is retained", () => {
  it("does not miss what retention has removed before it was processed", () => {
    const removed = start({ logStart: 60, committed: 50 });
    expect(() => judgeStart("shop", LANE, removed, { offset: 0, exact: false })).toThrow("retention removed records");
    expect(judgeStart("shop", LANE, removed, { offset: 0, exact: false, lossy: true })).toMatchObject({
      beginning: { offset: 60, replaying: true, commitFirst: true },
    });
  });
});

describe("a refusal names the way", () => {
  const told = (overrides: Parameters<typeof start>[0]): string => {
    const verdict = judgeStart("shop", LANE, start(overrides));
    return verdict.kind === "wait" ? verdict.error.message : "";
  };
  it("back to where the pipeline was, and to a replay", () => {
    expect(told({ committed: null })).toContain("`tandem run --from cdc.shop.orders:3=50`");
    expect(told({ committed: 40 })).toContain("`tandem run --from cdc.shop.orders:3=50`");
    expect(told({ committed: 40 })).toContain("`tandem run --from cdc.shop.orders:3=40`");
    expect(told({ committed: 60 })).toContain(
      "`kafka-consumer-groups --bootstrap-server HOST:PORT --reset-offsets --group shop --topic cdc.shop.orders:3 --to-offset 50 --execute`",
    );
    for (const each of [{ committed: 60 }, { known: null }]) expect(told(each)).toContain("the topic shop.lanes was");
    for (const each of [{ committed: 60 }, { committed: 40 }, { committed: null }, { known: null }])
      expect(told(each)).not.toContain("<name>");
  });
});

describe("a lane refuses to start", () => {
  it.each([
    ["beyond the log's end", { logEnd: 49 }, "LANE_OFFSET_OUT_OF_RANGE"],
    ["below the log's start", { logStart: 51 }, "LANE_OFFSET_OUT_OF_RANGE"],
    ["when the partition count changed", { partitions: 2 }, "LANE_PARTITIONS_CHANGED"],
    ["with state of another version", { known: { version: 2 as unknown as 1 } }, "LANE_STATE_UNREADABLE"],
  ])("%s", (_, overrides, code) => {
    expect(() => judgeStart("shop", LANE, start(overrides))).toThrow(expect.objectContaining({ code }));
  });
  it("with state that is not JSON", () => {
    expect(() => judgeStart("shop", LANE, start({ state: new Uint8Array([0xff, 0x00]) }))).toThrow(
      expect.objectContaining({ code: "LANE_STATE_UNREADABLE" }),
    );
  });
});
