import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { simulateCommand } from "../src/simulate-command.ts";
import { type HistoryVerdict, simulate, type Subject } from "../src/index.ts";
import { seenBefore } from "./mutants.ts";

async function run(
  args: string[],
  subject?: Subject,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await simulateCommand(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, subject);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function lines(story: readonly string[]): string {
  return story.join("\n");
}

describe("npm run simulate", () => {
  it("makes a story small: it fails in the same way with fewer changes, instances and faults", async () => {
    const whole = await simulate({ ...seenBefore, seeds: 20, untilAnomaly: true, shrinks: false });
    const small = await simulate({ ...seenBefore, seeds: 20, untilAnomaly: true });
    const [before, after] = [whole.anomalies[0], small.anomalies[0]];
    expect(after).toMatchObject({ seed: before?.seed, ok: false });
    expect(after?.audits.some(({ lost }) => lost > 0)).toBe(true);
    const struck = (verdict: HistoryVerdict | undefined): number =>
      [...(verdict?.faults.values() ?? [])].reduce((sum, times) => sum + times, 0);
    expect(struck(after)).toBeLessThan(struck(before) / 4);
    expect(after?.audits[0]?.distinct).toBeLessThanOrEqual(before?.audits[0]?.distinct ?? 0);
    expect(lines(after?.story ?? [])).toMatch(/ changes, sent by a.* instances 0/);
    expect(after?.story.length).toBeLessThan(40);
  });

  it("records what it found in the place of its section, and tells which fault met which state", async () => {
    const document = join(mkdtempSync(join(tmpdir(), "simulate-")), "reliability.md");
    writeFileSync(document, "# Reliability\n\nBefore.\n");
    for (const seeds of ["2", "3"]) await run(["--seeds", seeds, "--workers", "1", "--record", document]);
    const text = readFileSync(document, "utf8");
    expect(text.match(/## Simulated histories/g)).toHaveLength(1);
    expect(text).toMatch(/^# Reliability\n\nBefore\.\n[^]*3 histories of the real runtime[^]*\| crash \|/);
  });

  it("exits 0 and sums up when nothing is wrong", async () => {
    const { code, out } = await run(["--seeds", "3", "--seed", "7", "--workers", "1"]);
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringMatching(/3 histories, 0 with anomalies[^]*lost 0, duplicated 0/),
    });
  });

  it("exits 1 on an anomaly, with its seed, a story of what happened, and how to have it again", async () => {
    const { code, err, out } = await run(["--seeds", "20", "--json"], seenBefore);
    expect(code).toBe(1);
    const { failedSeeds, lost } = JSON.parse(out) as { readonly failedSeeds: number[]; readonly lost: number };
    expect(lost).toBeGreaterThan(0);
    expect(err).toContain(`seed ${failedSeeds[0]}: `);
    expect(err).toMatch(/change \d+ \(\d@\d+\) is lost/);
    expect(err).toMatch(/ s {2}process \d\.\d starts/);
    expect(err).toMatch(/all faults end/);
    expect(err).toMatch(/is lost; its copies: cdc\.shop\.\w+-\d@\d+ from [ab]/);
    expect(err).toContain(`npm run simulate -- --seed ${failedSeeds[0]} --seeds 1`);
  });

  it.each([
    ["--seeds", "none"],
    ["--seed", "0"],
    ["--speed", "1"],
  ])("refuses %s %s", async (...args) => {
    await expect(run(args)).rejects.toThrow(TypeError);
  });
});
