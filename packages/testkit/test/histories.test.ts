import { expect, it } from "vitest";
import { simulate, type SimulationResult } from "../src/index.ts";
import { histories } from "./histories.ts";

histories(1);

it("a seed gives the same history again", async () => {
  const run = (): Promise<SimulationResult> => simulate({ seeds: 5, seed: 4_711 });
  expect(await run()).toEqual(await run());
});
