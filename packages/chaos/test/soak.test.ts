import { leakBound, slopes, soakSchedule } from "@tandem-cdc/chaos";
import { describe, expect, it } from "vitest";

const EVERY_MS = 5_000;
const minutes = (count: number, mb: (minute: number) => number): number[] =>
  Array.from({ length: count * 12 }, (_, i) => mb(i / 12));

describe("a soak", () => {
  it("has one planned restart, and no fault", () => {
    expect(soakSchedule(3_600_000)).toMatchObject([{ kind: "rollingRestart", atMs: 2_700_000 }]);
  });

  it("tells the slope of each life, after it has warmed up", () => {
    const first = minutes(46, (minute) => (minute < 6 ? minute * 30 : 200 + (minute - 6) * 0.5));
    const second = minutes(16, () => 150);
    const told = slopes([...first, null, ...second], EVERY_MS);
    expect(told).toMatchObject([
      { minutes: 40, fromMb: 200 },
      { minutes: 10, fromMb: 150, toMb: 150 },
    ]);
    expect(told.map(({ mbPerHour }) => Math.round(mbPerHour))).toEqual([30, 0]);
  });

  it("has nothing to tell of lives that are too short", () => {
    expect(slopes([...minutes(6, () => 1), null, null], EVERY_MS)).toEqual([]);
  });

  it("holds memory against what the client leaks at most", () => {
    expect(leakBound(6)).toBeCloseTo(33.8, 1);
  });
});
