import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/index.ts";
import type { Snapshots } from "../src/row-rule.ts";
import { lane } from "./lane.ts";
import { dropped, emitted, records, type Said } from "./support.ts";

describe("tombstones", () => {
  test("regenerate: the input's are consumed, each emitted delete is followed by one with its key, headers and timestamp", async () => {
    const { apply } = await lane();
    const outcomes = await apply(10, { id: "x", deletes: true }, null, { id: "y" }, { id: "x", deletes: true }, null);
    expect(emitted(outcomes)).toEqual(["10", "10†", "12"]);
    expect(dropped(outcomes)).toEqual({ tombstone: 2, duplicate: 1 });
    const { next } = outcomes;
    expect([next.key(1), next.headers(1), next.timestamp(1)]).toEqual([
      next.key(0),
      next.headers(0),
      next.timestamp(0),
    ]);
  });

  test("drop: none come out", async () => {
    const { apply } = await lane({ tombstones: "drop" });
    expect(emitted(await apply(10, { id: "x", deletes: true }, null))).toEqual(["10"]);
  });
});

describe("rows of snapshots", () => {
  const row = (id: string): Said => ({ id, kind: "snapshot" });

  test("until-streaming: until the lane has emitted its first streamed change", async () => {
    const { apply, again, context: told } = await lane();
    expect(emitted(await apply(10, row("x"), row("x"), row("y"), { id: "s" }, row("z")))).toEqual(["10", "12", "13"]);
    expect(told.state).toEqual({ streamedFrom: 13 });
    expect(told.counts.get("late-snapshot")).toBe(1);
    await again();
    expect(dropped(await apply(15, row("w")))).toEqual({ "late-snapshot": 1 });
  });

  test("late ones are counted for their source, and told to a person once", async () => {
    const { apply, context: told } = await lane();
    await apply(10, { id: "s" }, { ...row("x"), source: "b" });
    await apply(12, { ...row("y"), source: "b" });
    expect(told.counts.get("late-snapshot:b")).toBe(2);
    expect(told.notes).toEqual([
      expect.stringMatching(/snapshot of source "b".*dedup\.snapshots: emit.*docs\/late-and-diverged\.md/),
    ]);
  });

  test("read again, those before the first streamed change pass again", async () => {
    const { apply, again } = await lane();
    await apply(10, row("x"), { id: "s" });
    await again();
    expect(emitted(await apply(10, row("x"), { id: "s" }))).toEqual(["10", "11"]);
  });

  test("the first streamed change is remembered, not the last", async () => {
    const { apply, context: told } = await lane();
    await apply(10, { id: "s" }, { id: "t" });
    await apply(12, { id: "u" });
    expect(told.state).toEqual({ streamedFrom: 10 });
  });

  test("a streamed change that is a duplicate or a re-delivery does not begin the stream", async () => {
    const { apply, context: told } = await lane();
    expect(emitted(await apply(10, { id: "s", kind: "redelivery" }, row("x")))).toEqual(["11"]);
    expect(told.state).toEqual({});
  });

  test("in a replay the stream begins anew, where its claims say", async () => {
    const keyStore = memoryStore();
    await (await lane({ keyStore })).apply(1, { id: "s" });
    const first = await lane({ keyStore });
    expect(emitted(await first.apply(10, row("x"), { id: "s" }, row("y"), { id: "t" }))).toEqual(["10", "12", "13"]);
    expect(first.context.state).toEqual({ streamedFrom: 13 });
    // The claims are gone: this time it begins with s.
    const again = await lane({}, first.context.state, { replaying: true, startOffset: 10 });
    expect(emitted(await again.apply(10, row("x"), { id: "s" }, row("y"), { id: "t" }))).toEqual(["10", "11", "13"]);
    expect(again.context.state).toEqual({ streamedFrom: 11 });
  });

  test("emit: all, each once", async () => {
    const { apply } = await lane({ snapshots: "emit" });
    expect(emitted(await apply(10, { id: "s" }, row("x"), row("x")))).toEqual(["10", "11"]);
  });

  test("drop: none", async () => {
    const { apply } = await lane({ snapshots: "drop" });
    const outcomes = await apply(10, row("x"), { id: "s" }, row("y"));
    expect(emitted(outcomes)).toEqual(["11"]);
    expect(dropped(outcomes)).toEqual({ snapshot: 2 });
  });

  test("a row that was dropped as late made no claim: it passes when a later run is told to emit", async () => {
    const keyStore = memoryStore();
    const before = await lane({ keyStore });
    await before.apply(10, row("early"), { id: "s" }, row("missed"));
    await before.apply(13, row("missed, too"));
    const after = await lane({ keyStore, snapshots: "emit" }, before.context.state);
    expect(emitted(await after.apply(14, row("early"), row("missed"), row("missed, too")))).toEqual(["15", "16"]);
  });

  test("with drop they make no claims", async () => {
    const keyStore = memoryStore();
    const { apply } = await lane({ keyStore, snapshots: "drop" });
    await apply(10, row("x"), { id: "s" }, row("y"));
    expect((await keyStore.health()).detail).toMatch(/^1 claims/);
  });

  test("after a change that did not begin the stream they are decided in order with what follows", async () => {
    const keyStore = memoryStore();
    await (await lane({ keyStore })).apply(1, { id: "s" });
    const { apply, context: told } = await lane({ keyStore });
    const outcomes = await apply(10, { id: "s" }, row("x"), { id: "x" }, row("y"), { id: "t" }, row("z"), row("x"));
    expect(emitted(outcomes)).toEqual(["11", "13", "14"]);
    expect(dropped(outcomes)).toEqual({ duplicate: 2, "late-snapshot": 2 });
    expect(told.state).toEqual({ streamedFrom: 14 });
  });

  describe("claimed again by a rebuilt store", () => {
    /** A lane whose records 10 to 12 were processed under `before`; then a restart that forgets all claims. */
    async function rebuilt(before: Snapshots, after: Snapshots) {
      const past = [row("a"), { id: "s" }, row("b")];
      const first = await lane({ snapshots: before });
      await first.apply(10, ...past);
      const second = await lane({ snapshots: after, rebuild: { horizonMs: 60_000 } }, first.context.state, {
        startOffset: 13,
        lastTimestamp: 1_002,
        async *replay() {
          yield records(10, ...past);
        },
      });
      return emitted(await second.apply(13, row("a"), row("b")));
    }

    test.each<[Snapshots, Snapshots, string[]]>([
      ["emit", "emit", []],
      ["until-streaming", "until-streaming", []],
      ["until-streaming", "emit", ["13", "14"]],
      ["drop", "emit", ["13", "14"]],
    ])("%s, then %s: what may have been dropped comes out", async (before, after, expected) => {
      expect(await rebuilt(before, after)).toEqual(expected);
    });
  });
});
