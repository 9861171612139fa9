import { describe, expect, it } from "vitest";
import { simulateCommand } from "../src/simulate-command.ts";
import type { Subject } from "../src/index.ts";
import { seenBefore } from "./mutants.ts";

async function run(
  args: string[],
  subject?: Subject,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await simulateCommand(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, subject);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("npm run simulate", () => {
  it("exits 0 and sums up when nothing is wrong", async () => {
    const { code, out } = await run(["--seeds", "3", "--seed", "7"]);
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
