import type { IdentityStrategy } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { lane } from "./lane.ts";
import { asSaid, emitted, FakeClock, type Said } from "./support.ts";

/** Goes by the content where the identity goes by the name. */
const byContent: IdentityStrategy = {
  name: "content",
  version: 1,
  openLane: () => ({
    identify(batch, i, into) {
      const { content, error } = JSON.parse(Buffer.from(batch.value(i) ?? []).toString()) as Said;
      if (content === "throw") throw new Error("lost my way");
      if (content === "unreadable") return new Error("unreadable");
      if (content === "seen") return "redelivery";
      into.text(content ?? error ?? "");
      return "change";
    },
    state: () => ({ secret: true }),
  }),
};

const counted = (counts: ReadonlyMap<string, number>) =>
  Object.fromEntries([...counts].filter(([name]) => name.startsWith("shadow")));

describe("a shadow", () => {
  test("is compared with the identity, decides nothing, and leaves nothing in the lane's state", async () => {
    const { apply, context } = await lane({ shadow: byContent });
    const outcomes = await apply(
      10,
      { id: "x", content: "1" },
      { id: "x", content: "1" }, // both: a copy
      { id: "y", content: "1" }, // a copy only to the shadow, which would lose it
      { id: "z", content: "2" },
      { id: "z", content: "3" }, // a copy only to the identity
      { id: "u", content: "unreadable" },
      { id: "v", content: "seen" },
    );
    expect(emitted(outcomes)).toEqual(["10", "12", "13", "15", "16"]);
    expect(counted(context.counts)).toEqual({ "shadow-agreement": 3, "shadow-disagreement": 4 });
    expect(context.notes.filter((note) => note.startsWith("shadow"))).toEqual([
      'shadow "content" disagrees at 12: it says a copy of 10, where dedup.identity says new',
      'shadow "content" disagrees at 14: it says new, where dedup.identity says a copy of 13',
      'shadow "content" disagrees at 15: it says that it cannot be identified: unreadable, where dedup.identity says new',
    ]);
    expect(context.state).toEqual({ streamedFrom: 10 });
  });

  test("does not judge copies of what was emitted before it began", async () => {
    const { again, apply, context } = await lane({ shadow: byContent });
    await apply(10, { id: "x", content: "1" });
    await again(context.state, { startOffset: 11 });
    await apply(11, { id: "x", content: "1" }, { id: "y", content: "2" });
    await apply(13, { id: "y", content: "2" });
    expect(counted(context.counts)).toEqual({ "shadow-agreement": 1 });
  });

  test("shows a few disagreements a minute, and counts all", async () => {
    const clock = new FakeClock();
    const { apply, context } = await lane({ shadow: byContent, clock });
    const many = Array.from({ length: 10 }, (_, i): Said => ({ id: `${i}`, content: "same" }));
    await apply(10, ...many);
    expect([context.notes.length, context.counts.get("shadow-disagreement")]).toEqual([3, 9]);
    clock.time += 60_000;
    await apply(20, { id: "more", content: "same" });
    expect([context.notes.length, context.counts.get("shadow-disagreement")]).toEqual([4, 10]);
  });

  test("that fails rests, is counted, and the lane goes on", async () => {
    const { again, apply, context } = await lane({ shadow: byContent });
    expect(emitted(await apply(10, { id: "x", content: "throw" }, { id: "y", content: "1" }))).toEqual(["10", "11"]);
    expect(emitted(await apply(12, { id: "z", content: "2" }))).toEqual(["12"]);
    expect(counted(context.counts)).toEqual({ "shadow-failed": 1 });
    expect(context.notes).toEqual(['shadow "content" failed and rests until the lane starts again: lost my way']);
    await again();
    expect(emitted(await apply(13, { id: "u", content: "3" }))).toEqual(["13"]);
  });

  test("that cannot open rests, too", async () => {
    const shadow: IdentityStrategy = { ...byContent, openLane: () => Promise.reject(new Error("no registry")) };
    const { apply, context } = await lane({ shadow });
    expect(emitted(await apply(10, { id: "x" }))).toEqual(["10"]);
    expect(counted(context.counts)).toEqual({ "shadow-failed": 1 });
  });

  test("that is full forgets, and judges what comes after", async () => {
    const { apply, context } = await lane({ shadow: byContent });
    for (let from = 0; from < 240_000; from += 20_000)
      await apply(from, ...Array.from({ length: 20_000 }, (_, i) => ({ id: `${from + i}`, content: `${from + i}` })));
    await apply(240_000, { id: "7", content: "7" }, { id: "210000", content: "210000" });
    expect(counted(context.counts)).toEqual({ "shadow-agreement": 240_001 });
  });
});

test("with the identity's own strategy it agrees always", async () => {
  const { apply, context } = await lane({ shadow: asSaid });
  await apply(10, { id: "y", kind: "snapshot" }, { id: "x" }, null, { id: "x" }, { id: "z", error: "no" });
  expect(counted(context.counts)).toEqual({ "shadow-agreement": 3 });
});
