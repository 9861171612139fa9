import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LowBoundary } from "../src/low-boundary.ts";

const HORIZON_MS = 16_000;
const NONE = Number.NaN;

/** A lane whose changes have positions in one domain. */
class Positions {
  readonly boundary: LowBoundary;
  at = 0;

  constructor(boundary: LowBoundary = LowBoundary.of(undefined, HORIZON_MS, 0)) {
    this.boundary = boundary;
  }
  emits(now: number, position: number): void {
    this.boundary.now = now;
    this.boundary.emitted(this.at, "", position, NONE);
    this.boundary.settle(++this.at);
  }
  isLate(now: number, position: number): boolean {
    this.boundary.now = now;
    return this.boundary.late(this.at, "", position, NONE) !== undefined;
  }
  /** The lane elsewhere, with what it remembers. */
  again(startOffset: number = this.at): Positions {
    const { late } = JSON.parse(JSON.stringify(this.boundary.state())) as { late: never };
    const other = new Positions(LowBoundary.of(late, HORIZON_MS, startOffset));
    other.at = startOffset;
    return other;
  }
}

describe("the first change that the lane emitted", () => {
  it("makes late what lies before it, and not what shares its position: the rest of its transaction", () => {
    const lane = new Positions(LowBoundary.of(undefined, undefined, 0));
    expect(lane.isLate(0, 1)).toBe(false);
    lane.emits(0, 100);
    expect([lane.isLate(0, 99), lane.isLate(0, 100), lane.isLate(0, 101)]).toEqual([true, false, false]);
  });

  it("is one in each domain, and another one for positions than for times", () => {
    const boundary = LowBoundary.of(undefined, undefined, 0);
    boundary.now = 10_000;
    boundary.emitted(0, "a", 100, NONE);
    boundary.emitted(1, "b", NONE, 5_000);
    expect(boundary.late(2, "b", 7, NONE)).toBeUndefined();
    expect(boundary.late(2, "b", NONE, 5_000)).toBeUndefined();
    expect(boundary.late(2, "b", NONE, 4_999)).toEqual({
      by: "time",
      domain: "b",
      place: 4_999,
      boundary: 5_000,
      why: "before-first-emitted",
    });
    expect(boundary.late(2, "c", 1, NONE)).toBeUndefined();
    expect(boundary.late(2, "a", NONE, NONE)).toBeUndefined();
  });

  it("is in force after its coordinate only: a replay from before it may find another one", () => {
    const lane = new Positions();
    lane.at = 7;
    lane.emits(0, 100);
    const again = lane.again(3);
    expect(again.isLate(0, 50)).toBe(false);
    again.emits(0, 60);
    expect([again.isLate(0, 59), again.isLate(0, 60)]).toEqual([true, false]);
  });

  it("of domains without end is not remembered without end", () => {
    const boundary = LowBoundary.of(undefined, HORIZON_MS, 0);
    for (let d = 0; d < 1_000; d++) boundary.emitted(d, `domain ${d}`, 5, NONE);
    expect(JSON.stringify(boundary.state()).length).toBeLessThan(4_000);
    expect(boundary.late(1_000, "domain 3", 4, NONE)).toBeDefined();
    expect(boundary.late(1_000, "domain 999", 4, NONE)).toBeUndefined();
  });
});

describe("what was emitted one horizon ago", () => {
  it("makes late what is not above it, but for the newest of all: its transaction may go on", () => {
    const lane = new Positions();
    lane.emits(0, 10);
    lane.emits(10, 20);
    const later = 2 * HORIZON_MS;
    expect([lane.isLate(later, 19), lane.isLate(later, 20), lane.isLate(later, 21)]).toEqual([true, false, false]);
    lane.emits(later, 30);
    expect([lane.isLate(later, 20), lane.isLate(later, 21)]).toEqual([true, false]);
  });

  it("in the database's time, only what lies strictly before; a time that lies ahead counts as now", () => {
    const boundary = LowBoundary.of(undefined, HORIZON_MS, 0);
    const late = (at: number, time: number) => boundary.late(at, "", NONE, time) !== undefined;
    boundary.now = 5_000;
    boundary.emitted(0, "", NONE, 1_000);
    boundary.emitted(1, "", NONE, 99_000_000);
    boundary.settle(2);
    boundary.now = 5_000 + 2 * HORIZON_MS;
    boundary.emitted(2, "", NONE, boundary.late(2, "", NONE, 6_000) === undefined ? 30_000 : 0);
    expect([late(3, 4_999), late(3, 5_000), late(3, 5_001)]).toEqual([true, false, false]);
  });

  it("a clock that is set back makes nothing late that was not", () => {
    const lane = new Positions();
    lane.emits(100_000, 10);
    lane.emits(0, 20);
    expect(lane.isLate(HORIZON_MS, 20)).toBe(false);
  });
});

it("a time that lay ahead of the clock lies ahead of no more than that in a replay", () => {
  const step = HORIZON_MS / 16;
  const boundary = LowBoundary.of(undefined, HORIZON_MS, 0);
  const goes = (one: LowBoundary, at: number, now: number): boolean => {
    one.now = now;
    const late = one.late(at, "", NONE, at === 3 ? 10 * HORIZON_MS : at * step) !== undefined;
    if (!late) one.emitted(at, "", NONE, at === 3 ? 10 * HORIZON_MS : at * step);
    one.settle(at + 1);
    return late;
  };
  for (let at = 0; at < 20; at++) goes(boundary, at, at * step);
  const { late } = JSON.parse(JSON.stringify(boundary.state())) as { late: never };
  const replay = LowBoundary.of(late, HORIZON_MS, 0);
  const lates = Array.from({ length: 20 }, (_, at) => goes(replay, at, 20 * step));
  expect(lates).not.toContain(true);
  expect(replay.late(20, "", NONE, 19.5 * step)).toBeUndefined();
});

/** Gaps in wall time and steps of position, mostly in order. */
const emissions = fc.array(
  fc.record({ wait: fc.oneof(fc.nat(300), fc.nat(3_000)), step: fc.integer({ min: -3, max: 10 }) }),
  { minLength: 1, maxLength: 100, size: "max" },
);

it("is never above what it is by its definition, nor below what had been emitted an eighth of a horizon before that", () => {
  fc.assert(
    fc.property(emissions, (made) => {
      const lane = new Positions();
      const emitted: { now: number; position: number }[] = [];
      let now = 1_000_000;
      let position = 1_000;
      for (const { step, wait } of made) {
        now += wait;
        position += step;
        const newestAt = (when: number) =>
          Math.max(-Infinity, ...emitted.filter((e) => e.now <= when).map((e) => e.position));
        const first = emitted[0]?.position ?? -Infinity;
        // Between two positions, so that the rule for equal ones is left out.
        const exact = Math.max(newestAt(now - HORIZON_MS), first);
        expect(lane.isLate(now, exact + 0.5)).toBe(false);
        const low = Math.max(newestAt(now - 1.125 * HORIZON_MS), first);
        if (low > -Infinity) expect(lane.isLate(now, low - 0.5)).toBe(true);
        lane.emits(now, position);
        emitted.push({ now, position });
      }
    }),
  );
});

it("is small: steps and domains are bounded", () => {
  const lane = new Positions();
  for (let now = 0; now < 100 * HORIZON_MS; now += 50) lane.emits(1_700_000_000_000 + now, 1_000_000_000 + now);
  expect(JSON.stringify(lane.boundary.state()).length).toBeLessThan(2_500);
});

/** A replay that begins in the middle of a step whose horizon begins in the middle of another one, found once in 5,000. */
const BETWEEN_STEPS = [
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [531, 0],
  [437, 0],
  [32, 0],
  [535, 5],
  [2213, 0],
  [80, 5],
  [2328, 0],
  [17, -1],
  [3000, 10],
  [287, -3],
  [1204, 4],
  [1120, 1],
  [2515, -2],
  [1129, 3],
  [1572, 4],
  [0, -3],
  [105, 1],
  [94, 7],
  [20, 9],
  [1739, 0],
  [2699, 0],
  [71, 0],
  [1156, 0],
  [1, 0],
  [178, 0],
  [185, 0],
  [2084, 0],
  [108, 0],
  [2498, 0],
  [183, 0],
  [680, 0],
  [2726, 0],
  [811, 0],
  [220, 0],
  [125, 0],
  [137, 0],
  [36, 0],
  [263, 0],
  [189, 0],
  [2591, 0],
  [947, 0],
  [154, 0],
] as const;

it("is at every coordinate what it was there the first time, whatever the hour and wherever the lane starts again", () => {
  fc.assert(
    fc.property(emissions, fc.nat(), fc.integer({ min: 0, max: 10 * HORIZON_MS }), (made, from, pause) => {
      const lane = new Positions();
      let now = 1_000_000;
      let position = 1_000;
      const probed = (one: Positions, when: number) =>
        [-40, -20, -10, -5, -1.5].map((below) => one.isLate(when, position + below));
      const first: boolean[][] = [];
      const positions: number[] = [];
      for (const { step, wait } of made) {
        now += wait;
        position += step;
        first.push(probed(lane, now));
        lane.emits(now, position);
        positions.push(position);
      }
      const begin = from % made.length;
      // As long as claims live.
      const elapsed = made.slice(begin).reduce((sum, { wait }) => sum + wait, 0);
      fc.pre(elapsed < 1.25 * HORIZON_MS);
      const again = lane.again(begin);
      for (let i = begin; i < made.length; i++) {
        position = positions[i] ?? 0;
        expect(probed(again, now + pause)).toEqual(first[i]);
        again.emits(now + pause, position);
      }
    }),
    { examples: [[BETWEEN_STEPS.map(([wait, step]) => ({ wait, step })), 201_438_659, 0]] },
  );
});
