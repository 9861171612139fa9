import { describe, expect, test } from "vitest";
import { type DedupOptions, memoryStore } from "../src/index.ts";
import { lane } from "./lane.ts";
import { diverted, dropped, emitted, FakeClock, type Said } from "./support.ts";

const HORIZON_MS = 3_600_000;

/** A change with its place; by default its position is its name. */
const at = (position: number, source = "a"): Said => ({ id: `${position}`, domain: "0", position, source });

/** A lane whose store forgets what is older than it has to keep, on a clock that is set. */
async function timed(options: Partial<DedupOptions> = {}) {
  const clock = new FakeClock();
  const keyStore = memoryStore({ clock, horizonMs: HORIZON_MS });
  return { clock, ...(await lane({ clock, keyStore, horizonMs: HORIZON_MS, ...options })) };
}

describe("a change is late that nobody has claimed, and that lies", () => {
  test("before the first one that the lane emitted: it goes to a topic, which says why", async () => {
    const { apply, context } = await timed();
    expect(emitted(await apply(10, at(50), at(51)))).toEqual(["10", "11"]);
    const outcomes = await apply(12, at(49, "b"), at(50, "b"), at(52, "b"));
    expect(emitted(outcomes)).toEqual(["14"]);
    expect(dropped(outcomes)).toEqual({ late: 1, duplicate: 1 });
    expect(diverted(outcomes)).toEqual([
      [
        0,
        "test.late",
        {
          by: "position",
          position: "49",
          boundary: "50",
          domain: "0",
          why: "before-first-emitted",
          source: "b",
        },
      ],
    ]);
    expect([context.counts.get("late"), context.counts.get("late:b"), context.counts.get("late:a")]).toEqual([
      1,
      1,
      undefined,
    ]);
  });

  test("not above what it had emitted a horizon ago, when claims may be gone", async () => {
    const { apply, clock } = await timed();
    await apply(10, at(1), at(2), at(3));
    clock.time += 1.3 * HORIZON_MS;
    await apply(13, at(4));
    const outcomes = await apply(14, at(2, "b"), at(3, "b"), at(4, "b"), at(5, "b"));
    expect(emitted(outcomes)).toEqual(["17"]);
    expect(dropped(outcomes)).toEqual({ late: 2, duplicate: 1 });
    expect(diverted(outcomes)[1]?.[2]).toMatchObject({ position: "3", boundary: "3", why: "older-than-horizon" });
  });

  test("by the database's time where it has no position", async () => {
    const { apply, clock } = await timed();
    const timeMs = clock.time;
    await apply(10, { id: "x", timeMs });
    const outcomes = await apply(11, { id: "y", timeMs: timeMs - 1 }, { id: "z", timeMs });
    expect(emitted(outcomes)).toEqual(["12"]);
    expect(diverted(outcomes)[0]?.[2]).toMatchObject({ by: "time", time: `${timeMs - 1}`, boundary: `${timeMs}` });
  });
});

describe("claims are asked first: nothing is late that has one", () => {
  test("a source that lags by an hour, or by all of the horizon", async () => {
    const { apply, clock, context } = await timed();
    const lag = 15;
    for (let i = 0; i < 100; i++) {
      clock.time += HORIZON_MS / lag;
      const outcomes = await apply(i * 2, at(1_000 + i), ...(i < lag ? [] : [at(1_000 + i - lag, "b")]));
      expect(emitted(outcomes)).toEqual([`${i * 2}`]);
    }
    expect(context.counts.get("late")).toBeUndefined();
    expect(context.counts.get("duplicate:b")).toBe(85);
  });

  test("a copy that has diverged, and one that may be none, are what they were", async () => {
    const { apply, clock, context } = await timed();
    await apply(10, { ...at(5), content: "1" }, at(6), at(7));
    // The boundary lies above, and the claims live.
    clock.time += 1.2 * HORIZON_MS;
    await apply(13, at(8), { ...at(5, "b"), content: "2" }, { ...at(5, "b"), content: "3", aligned: false });
    expect([context.counts.get("divergence"), context.counts.get("possible-duplicate")]).toEqual([1, 1]);
    expect(context.counts.get("late")).toBeUndefined();
  });

  test("a change whose first copy was rejected is not late when its second comes", async () => {
    const { apply } = await timed();
    await apply(10, at(1), { error: "unreadable", source: "a" }, at(3));
    expect(emitted(await apply(13, at(2, "b")))).toEqual(["13"]);
  });
});

describe("what is not streamed", () => {
  test("a row of an incremental snapshot is never late, begins no stream, and ends no rows", async () => {
    const { apply, context } = await timed();
    const row = (id: string): Said => ({ id, position: 3, domain: "0", streamed: false });
    expect(emitted(await apply(10, row("x"), { id: "s", kind: "snapshot" }, at(9), row("y")))).toEqual([
      "10",
      "11",
      "12",
      "13",
    ]);
    expect(context.state).toMatchObject({ streamedFrom: 12 });
  });

  test("nor a record that claims nothing", async () => {
    const { apply } = await timed();
    await apply(10, at(50));
    const outcomes = await apply(11, { ...at(1), kind: "pass" }, { ...at(1), kind: "redelivery" });
    expect(emitted(outcomes)).toEqual(["11"]);
    expect(dropped(outcomes)).toEqual({ redelivery: 1 });
  });
});

describe("dedup.late", () => {
  test("drop: it is dropped and counted", async () => {
    const { apply, context } = await timed({ late: "drop" });
    const outcomes = await apply(10, at(5), at(4));
    expect([emitted(outcomes), dropped(outcomes), diverted(outcomes)]).toEqual([["10"], { late: 1 }, []]);
    expect(context.counts.get("late")).toBe(1);
  });

  test("emit: it goes on, with the tombstone of a delete, and its copies are duplicates", async () => {
    const { apply, context } = await timed({ late: "emit" });
    expect(emitted(await apply(10, at(5), { ...at(4), deletes: true }, at(4, "b")))).toEqual(["10", "11", "11†"]);
    expect([context.counts.get("late"), context.counts.get("first")]).toEqual([1, 2]);
  });

  test("dead-letter: to the topic that is named", async () => {
    const { apply } = await timed({ lateTopic: "dlq" });
    expect(diverted(await apply(10, at(5), at(4)))).toMatchObject([[1, "dlq", {}]]);
  });

  test("fail: stops, says what to do, and goes on when told otherwise", async () => {
    const keyStore = memoryStore();
    const strict = await lane({ late: "fail", keyStore });
    await strict.apply(10, at(5));
    const { state } = strict.context;
    await expect(strict.apply(11, at(4, "b"))).rejects.toMatchObject({
      code: "LANE_LATE_CHANGE",
      retriable: false,
      message: expect.stringMatching(
        /cdc\.shop\.orders-3@11 of source "b" is late: its position 4 of domain 0 lies before 5.*dedup\.late: emit/,
      ),
    });
    const told = await lane({ late: "emit", keyStore }, state);
    expect(emitted(await told.apply(11, at(4, "b")))).toEqual(["11"]);
  });
});

test("the boundary is lane state: it is that of the commit after an abort, and lives on after a restart", async () => {
  const { again, apply, context } = await timed();
  await apply(10, at(5));
  const committed = context.state;
  expect(committed).toMatchObject({ late: { orders: [[0, "0", 5, 10]] } });
  await apply(11, at(6), at(7));
  await again(committed, { startOffset: 11 });
  expect(emitted(await apply(11, at(6), at(7), at(4)))).toEqual(["11", "12"]);
});

test("of a GTID order that is not strict, a lower one that is new counts as late by the rule", async () => {
  const { apply } = await timed();
  expect(dropped(await apply(10, at(7), at(6), at(8)))).toEqual({ late: 1 });
});

test("without a horizon only the first change is a boundary", async () => {
  const clock = new FakeClock();
  const { apply } = await lane({ clock, keyStore: memoryStore({ clock, horizonMs: HORIZON_MS }) });
  await apply(10, at(1), at(2));
  clock.time += 10 * HORIZON_MS;
  expect(emitted(await apply(12, at(3), at(2), at(0)))).toEqual(["12", "13"]);
});

test("the first late change of a lane is told to a person, the others are counted", async () => {
  const { apply, context } = await timed();
  await apply(10, at(9), at(1), at(2), at(3));
  expect(context.notes).toEqual([expect.stringMatching(/@11 of source "a" is late.*docs\/late-and-diverged\.md/)]);
});

test.each([0, -1, Number.NaN])("a horizonMs of %d is refused", async (horizonMs) => {
  await expect(lane({ horizonMs })).rejects.toThrow(TypeError);
});
