// What stands in the README is cut from here.
import { type BlockStore, passThrough, type Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { simulate } from "@tandem-cdc/testkit";
import { expect, it } from "vitest";

const hash = await loadHash();

it("the README's example", async () => {
  const yours: Transform = { name: "yours", apply: (batch) => passThrough(batch) };
  const identity = debeziumIdentity({ sources: { header: "connector" } });
  const result = await simulate({
    seeds: 50,
    pipeline: ({ clock, keyStore }) => ({ transforms: [dedup({ identity, keyStore, hash, clock }), yours] }),
  });
  for (const { seed, story } of result.anomalies) console.log(seed, story.join("\n"));
  expect(result).toMatchObject({ ok: true, lost: 0, duplicated: 0, reordered: 0 });
});

it("a block store that waits for real: virtual time stands still meanwhile", async () => {
  const real = await simulate({ seeds: 5, blockStore: (shared) => slowForReal(shared) });
  const virtual = await simulate({ seeds: 5, blockStore: (shared) => shared });
  expect(real).toMatchObject({ ok: true, steps: virtual.steps, faults: virtual.faults });
});

function slowForReal(blocks: BlockStore): BlockStore {
  return {
    load: (lane, bucket, signal) => blocks.load(lane, bucket, signal),
    async append(lane, made, signal) {
      await new Promise((resolve) => setImmediate(resolve));
      return blocks.append(lane, made, signal);
    },
    health: () => blocks.health(),
    close: () => blocks.close(),
  };
}
