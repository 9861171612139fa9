import { describe, expect, it } from "vitest";
import { SEEDED_BUGS, withBug } from "./seeded-bugs.ts";

/** What the seeds may move by when anything else changes that draws from them. */
const MARGIN = 20;
const MOST = 10_000;

describe("the simulator finds, in the real code with one line done wrong,", () => {
  it.each(SEEDED_BUGS.map((bug) => [bug.title, bug] as const))("%s", { timeout: 600_000 }, async (_, bug) => {
    const { close, testkit } = await withBug(bug);
    try {
      const seeds = Math.min(MOST, bug.seed * MARGIN + 50);
      const result = await testkit.simulate({ seeds, untilAnomaly: true, shrinks: false });
      if (process.env["TANDEM_SEEDS"] === "1")
        console.log(`${result.histories} ${bug.title}`, result.anomalies[0]?.failures, result.lost, result.duplicated);
      expect(result.failed).toBe(1);
    } finally {
      await close();
    }
  });
});
