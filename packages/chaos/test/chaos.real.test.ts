import { fileURLToPath } from "node:url";
import { recordFigure } from "@tandem-cdc/acceptance";
import {
  chaos,
  type ChaosOptions,
  type ChaosReport,
  EVERY_MS,
  leakBound,
  reportLines,
  reportText,
  slopes,
} from "@tandem-cdc/chaos";
import { available } from "@tandem-cdc/testbed";
import { describe, expect, it } from "vitest";

const { ok } = await available(["kafka", "redis", "cassandra"]);

const FULL = process.env["TANDEM_FULL"] === "1";
/** The rate that two cores carry beside the servers. */
const LOAD = FULL ? { minutes: 10, rate: 5_000 } : { minutes: 0.5, rate: 1_000 };
/** A heap that is collected now and then has no straight line. */
const NOISE_MB_PER_HOUR = 15;
const CLEAN = { lost: 0, duplicated: 0, reordered: 0, altered: 0, aborted: 0, tombstonesMissing: 0 };
const RELIABILITY = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));

async function run(options: ChaosOptions): Promise<ChaosReport> {
  const report = await chaos(options, (text) => console.log(text));
  console.log(reportText(report));
  return report;
}

describe.skipIf(!ok)("tandem run under chaos", () => {
  it.each([
    ["redis", 24],
    ["cassandra", 78],
  ] as const)(
    "%s: loses, doubles and reorders nothing, shows nothing that goes again, and moves on by itself",
    async (store, seed) => {
      const report = await run({ ...LOAD, store, seed });
      expect(report.verdict).toMatchObject({ ...CLEAN, emitted: report.verdict.distinct });
      expect(report.recoveredMs).not.toBeNull();
      expect(report.ok).toBe(true);
      if (FULL) recordFigure(`Chaos with ${store}`, reportLines(report), RELIABILITY);
    },
    20 * 60_000,
  );

  if (FULL)
    it(
      "a soak: in an hour at load memory grows by no more than the client leaks, and a planned restart takes it back",
      async () => {
        const report = await run({ minutes: 60, rate: 1_000, store: "redis", seed: 60, soak: true });
        expect(report.ok).toBe(true);
        recordFigure("Soak", reportLines(report), RELIABILITY);
        const lives = report.memoryMb.flatMap((line) => slopes(line, EVERY_MS));
        expect(lives).toHaveLength(2);
        expect(lives[0]?.mbPerHour).toBeLessThan(leakBound(report.lanes) + NOISE_MB_PER_HOUR);
      },
      75 * 60_000,
    );

  // Thirty seconds longer, since it waits for what does not come: not in every run.
  if (FULL)
    it(
      "naive: 'key exists, so skip it' loses changes under the same faults",
      async () => {
        const report = await run({ ...LOAD, minutes: 2, store: "naive", seed: 6 });
        expect(report.verdict.lost).toBeGreaterThan(0);
        expect(report.ok).toBe(false);
        recordFigure("Chaos with a store that answers only whether a key exists", reportLines(report), RELIABILITY);
      },
      10 * 60_000,
    );
});
