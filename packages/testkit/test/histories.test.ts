import { expect, it } from "vitest";
import { simulate, type SimulationResult } from "../src/index.ts";
import { histories } from "./histories.ts";

histories(1);

it("a seed gives the same history again", async () => {
  const run = (): Promise<SimulationResult> => simulate({ seeds: 5, seed: 4_711 });
  expect(await run()).toEqual(await run());
});

it.each([
  ["a lane that was paused after a rewind that a revocation interrupted is read on", 19_853],
  ["a member that comes back is not fenced by a late answer about its former place", 36_985],
])("%s", async (_, seed) => {
  expect(await simulate({ seeds: 1, seed })).toMatchObject({ ok: true, stuck: 0, lost: 0 });
});
