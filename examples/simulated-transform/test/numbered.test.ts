// What stands in docs/simulate-your-pipeline.md is cut from here.
import type { Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { simulate, type SimulationResult } from "@tandem-cdc/testkit";
import { describe, expect, it } from "vitest";
import { numbered } from "../src/numbered.ts";
import { numberedWrongly } from "../src/numbered-wrongly.ts";

const hash = await loadHash();
const identity = debeziumIdentity({ sources: { header: "connector" } });

function under(yours: () => Transform, seeds: number): Promise<SimulationResult> {
  return simulate({
    seeds,
    pipeline: ({ clock, keyStore }) => ({
      transforms: [dedup({ identity, keyStore, hash, clock }), yours()],
    }),
    reference: "calm-run",
    untilAnomaly: true,
  });
}

describe("a transform that numbers records", () => {
  it("is right when its number is lane state", { timeout: 120_000 }, async () => {
    const result = await under(numbered, 40);
    expect(result.anomalies.map(({ story }) => story.join("\n"))).toEqual([]);
    expect(result).toMatchObject({ ok: true, histories: 40 });
  });

  it(
    "is caught when it keeps the number elsewhere, with a story of how it came to that",
    { timeout: 120_000 },
    async () => {
      const result = await under(numberedWrongly, 100);
      expect(result.ok).toBe(false);
      expect(result.anomalies[0]?.story.join("\n")).toMatch(/change .* seq=\d+ .* is lost/);
    },
  );
});
