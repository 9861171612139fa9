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

  describe("a long run, cut into slices", () => {
    const folder = mkdtempSync(join(tmpdir(), "simulate-"));
    const slice = async (seed: number, seeds: number): Promise<string> => {
      const file = join(folder, `${seed}.json`);
      const { out } = await run(["--seed", `${seed}`, "--seeds", `${seeds}`, "--workers", "1", "--json"]);
      writeFileSync(file, out);
      return file;
    };
    const found = (json: string): object => ({ ...(JSON.parse(json) as object), seconds: 0 });

    it("is merged into what one run would have found, in whatever order the slices come", async () => {
      const slices = [await slice(6, 2), await slice(1, 5)];
      const whole = await run(["--seeds", "7", "--workers", "1", "--json"]);
      const merged = await run(["--merge", ...slices, "--json"]);
      expect(found(merged.out)).toEqual(found(whole.out));
      const document = join(folder, "reliability.md");
      expect((await run(["--merge", ...slices, "--record", document])).out).toMatch(/^7 histories, 0 with anomalies/);
      expect(readFileSync(document, "utf8")).toContain("`npm run simulate -- --seed 1 --seeds 7`: 7 histories");
    });

    it("exits 1 where a slice has an anomaly", async () => {
      const [bad, good] = [join(folder, "bad.json"), await slice(21, 1)];
      writeFileSync(bad, (await run(["--seeds", "20", "--json"], seenBefore)).out);
      const { code, out } = await run(["--merge", good, bad, "--json"]);
      expect(code).toBe(1);
      expect((JSON.parse(out) as { readonly failedSeeds: number[] }).failedSeeds.length).toBeGreaterThan(0);
    });

    it("refuses slices that miss a seed or have one twice, and what is no slice", async () => {
      const [first, fourth, other] = [await slice(1, 2), await slice(4, 1), join(folder, "other.json")];
      writeFileSync(other, "{}");
      await expect(run(["--merge", first, fourth])).rejects.toThrow(/begins at seed 4: seeds 3 to 3 are missing/);
      await expect(run(["--merge", first, first])).rejects.toThrow(/begins at seed 1: it is in another file already/);
      await expect(run(["--merge", other])).rejects.toThrow(/other\.json is not what --json wrote/);
      await expect(run(["--merge", join(folder, "none.json")])).rejects.toThrow(/cannot be read/);
      await expect(run(["--merge"])).rejects.toThrow(TypeError);
    });
  });

  it.each([
    ["--seeds", "none"],
    ["--seed", "0"],
    ["--speed", "1"],
    ["--json", "stray.json"],
  ])("refuses %s %s", async (...args) => {
    await expect(run(args)).rejects.toThrow(TypeError);
  });
});
