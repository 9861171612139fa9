import { expect, it } from "vitest";
import { simulate, type SimulationResult } from "../src/index.ts";

/** Whole histories, in slices that run beside each other: some wherever tests run, many where it counts. */
const MANY = process.env["CI"] === "true" || process.env["TANDEM_FULL"] === "1";
export const SLICES = 4;
export const HISTORIES: number = (MANY ? 20_000 : 2_000) / SLICES;

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

/** What has to have gone wrong, each often enough to be met in every slice. */
const FAULTS = [
  "crash",
  "zombie",
  "replacement",
  "restart",
  "hold",
  "store-outage",
  "source-restart",
  "source-replay",
  "commit-answer-lost",
  "commit-late",
  "store-late-write",
  "store-partial-write",
  "store-load-failed",
  "abort-unknown",
  "produce-fatal",
  "replay",
  "topics-re-created",
  "claims-expired",
];

/** What a crash has to have met. */
const STATES = [
  "joining",
  "starting",
  "re-reading",
  "claiming",
  "producing",
  "committing",
  "aborting",
  "renewing",
  "giving up",
  "paused",
  "rebalancing",
  "store down",
];

function told({ anomalies }: SimulationResult): string {
  return anomalies.map(({ failures, seed, story }) => [`seed ${seed}`, ...failures, ...story].join("\n")).join("\n\n");
}

/** Slice 1 to `SLICES`. */
export function histories(slice: number): void {
  const seed = 1 + (slice - 1) * HISTORIES;
  it(
    `${HISTORIES} histories from seed ${seed} lose, double, reorder and alter nothing, and go on when the faults end`,
    { timeout: 3_600_000 },
    async () => {
      const result = await simulate({ seed, seeds: HISTORIES });
      expect(told(result)).toBe("");
      expect(result).toMatchObject({ ...CLEAN, histories: HISTORIES });
      expect(result.longestRecoveryMs).toBeLessThan(30_000);
      for (const fault of FAULTS) expect(result.faults[fault], fault).toBeGreaterThan(0);
      for (const state of STATES)
        expect(result.coverage["crash"]?.[state], `a crash while ${state}`).toBeGreaterThan(0);
    },
  );
}
