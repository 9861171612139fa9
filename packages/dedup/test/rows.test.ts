import { describe, expect, test } from "vitest";
import { lane } from "./lane.ts";
import { dropped, emitted, type Said } from "./support.ts";

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
});
