import { expect, it } from "vitest";
import { corpusOf, TARGETS, tried } from "../src/index.ts";

it.each(TARGETS.map((target) => [target.name, target] as const))(
  "%s: what once reached new code, or broke something, breaks nothing",
  async (name, target) => {
    const read = await target.open();
    const seeds = target.seeds.map((seed, i) => ({ file: `seed ${i}`, input: Buffer.from(seed as string) }));
    const kept = [...seeds, ...corpusOf(name)];
    expect(kept.length).toBeGreaterThan(1);
    for (const { file, input } of kept) expect(await tried(target, read, input), file).toBeNull();
  },
);
