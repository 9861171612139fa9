import { recordFigure } from "@tandem-cdc/acceptance";
import { describe, expect, it } from "vitest";
import { simulate, type SimulationResult } from "../src/index.ts";

/** Whole histories: some on every run, many when asked for. */
const FULL = process.env["TANDEM_FULL"] === "1";
const HISTORIES = FULL ? 20_000 : 2_000;
const CLEAN = {
  lost: 0,
  duplicated: 0,
  reordered: 0,
  altered: 0,
  aborted: 0,
  tombstonesMissing: 0,
  stuck: 0,
  failed: 0,
};

function told({ anomalies }: SimulationResult): string {
  return anomalies.map(({ failures, seed, story }) => [`seed ${seed}`, ...failures, ...story].join("\n")).join("\n\n");
}

function figures({ distinct, emitted, faults, histories, longestRecoveryMs }: SimulationResult): string[] {
  const struck = Object.entries(faults).toSorted(([, a], [, b]) => b - a);
  return [
    `${histories} histories from seed 1: ${distinct} changes, ${emitted} emitted; 0 lost, duplicated, reordered, altered or stuck.`,
    `Longest recovery after the last fault: ${(longestRecoveryMs / 1_000).toFixed(1)} s of simulated time.`,
    "",
    `Faults: ${struck.map(([name, count]) => `${name} ${count}`).join(", ")}.`,
  ];
}

describe("whole histories with crashes, zombies, rebalances, lost answers and outages", () => {
  it(
    `${HISTORIES} of them lose, double, reorder and alter nothing, and go on when the faults end`,
    { timeout: 3_600_000 },
    async () => {
      const result = await simulate({ seeds: HISTORIES });
      expect(told(result)).toBe("");
      expect(result).toMatchObject({ ...CLEAN, histories: HISTORIES, emitted: result.distinct });
      expect(result.longestRecoveryMs).toBeLessThan(30_000);
      if (FULL) recordFigure("Simulated histories", figures(result));
    },
  );

  it("every kind of fault struck", async () => {
    const { faults } = await simulate({ seeds: 60, seed: 1_000_000 });
    for (const name of [
      "crash",
      "zombie",
      "replacement",
      "restart",
      "store-outage",
      "source-restart",
      "commit-answer-lost",
      "commit-late",
      "store-late-write",
      "abort-unknown",
      "produce-fatal",
    ])
      expect(faults[name], name).toBeGreaterThan(0);
  });

  it("a seed gives the same history again", async () => {
    const run = (): Promise<SimulationResult> => simulate({ seeds: 5, seed: 4_711 });
    expect(await run()).toEqual(await run());
  });
});
