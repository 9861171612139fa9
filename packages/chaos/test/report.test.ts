import { type ChaosReport, counted, type Fault, reportLines, reportText, schedule } from "@tandem-cdc/chaos";
import { describe, expect, it } from "vitest";

const faults: readonly Fault[] = schedule({ seed: 1, store: "redis", fromMs: 0, untilMs: 60_000 });

const GOOD: ChaosReport = {
  minutes: 1,
  store: "redis",
  seed: 1,
  rate: 5_000,
  ok: true,
  verdict: {
    input: 300_000,
    distinct: 140_000,
    emitted: 140_000,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    altered: 0,
    aborted: 0,
    tombstonesMissing: 0,
    examples: [],
  },
  faults: counted(faults),
  faultCount: faults.length,
  happened: faults.map((fault) => ({ ...fault, beganMs: fault.atMs, tookMs: fault.holdMs, to: "somebody" })),
  recoveredMs: 1_234,
  longestPauseMs: 12_345,
  longestLanePauseMs: 23_456,
  seconds: 60,
  offeredPerSecond: 5_001,
  emittedPerSecond: 2_300,
  starts: 7,
  exits: [],
  exitCodes: [0, 0],
  memoryMb: [
    [100, 120, null],
    [null, 90, 110],
    [null, null],
  ],
  lanes: 6,
};

describe("a report", () => {
  it("says what was offered, what came out, what happened, and how long nothing moved", () => {
    const said = reportLines(GOOD).join("\n");
    expect(said).toContain("5,001 records/s offered, 2,300 changes/s out");
    expect(said).toContain("300,000 records in, 140,000 changes, 140,000 out");
    expect(said).toContain(`${faults.length} faults: clockJumped`);
    expect(said).toContain("within 1.2 s. Longest pause 12.3 s, of one lane 23.5 s.");
    expect(said).toContain("100 to 120 MiB, 90 to 110 MiB.");
    expect(reportText(GOOD)).toMatch(/No anomaly\.$/);
  });

  it("of a soak says how memory grew", () => {
    const said = reportLines({ ...GOOD, soak: true, memoryMb: [Array.from({ length: 120 }, () => 150)] }).join("\n");
    expect(said).toContain("over 4 minutes, after its first six: 150 to 150 MiB, +0.0 MiB an hour.");
    expect(said).toContain("10 commits a second of 6 lanes each: the client's leak is 34 MiB an hour at most.");
  });

  it("of an anomaly says what, and how to see it again", () => {
    const verdict = { ...GOOD.verdict, lost: 1, examples: ["change 7 (0@12) is lost"] };
    const exits = [{ instance: 1, code: 1, said: "no broker" }];
    const said = reportText({ ...GOOD, ok: false, verdict, recoveredMs: null, exits, store: "naive" });
    expect(said).toContain("lost 1,");
    expect(said).toContain("change 7 (0@12) is lost");
    expect(said).toContain("a lane did not move again within 30 s");
    expect(said).toContain("instance 1 ended by itself (1): no broker");
    expect(said).toMatch(/npm run chaos -- --minutes 1 --naive --seed 1 --rate 5000$/);
  });
});
