import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";
import { simulate, type SimulationResult, SOURCE_HEADER, type Subject } from "../src/index.ts";
import * as mutants from "./mutants.ts";

/** Runs histories until the anomaly shows, for `limit` at most. */
async function seedsUntil(
  subject: Subject,
  found: (result: SimulationResult) => boolean,
  limit = 300,
): Promise<number> {
  for (let seed = 1; seed <= limit; seed += 5) if (found(await simulate({ ...subject, seed, seeds: 5 }))) return seed;
  return Infinity;
}

const hash = await loadHash();
const marksOutside = mutants.marksOutside((keyStore, { clock }) =>
  dedup({ identity: debeziumIdentity({ sources: { header: SOURCE_HEADER } }), keyStore, hash, clock }),
);

it("a store that answers only 'seen before' loses changes, and the simulator catches it", async () => {
  expect(await seedsUntil(mutants.seenBefore, ({ lost }) => lost > 0)).toBeLessThan(300);
});

it.each<[string, Subject, (result: SimulationResult) => boolean]>([
  ["a store where the last claim wins doubles changes", mutants.lastWins, ({ duplicated }) => duplicated > 0],
  [
    "a store where the larger coordinate wins is refused as unsafe, or doubles changes",
    mutants.largerWins,
    ({ ok }) => !ok,
  ],
  ["a store that cuts its keys loses changes", mutants.cutsKeys, ({ lost }) => lost > 0],
  [
    "a store that answers before its claims are durable doubles changes",
    mutants.answersEarly,
    ({ duplicated }) => duplicated > 0,
  ],
  ["a transport that does not rewind after an abort loses changes", mutants.noRewind, ({ lost }) => lost > 0],
  ["a commit believed in without an answer loses changes", mutants.commitsByFaith, ({ lost }) => lost > 0],
  [
    "a transport that produces outside of the transaction doubles changes",
    mutants.plainProduce,
    ({ duplicated }) => duplicated > 0,
  ],
  ["a transport that delivers what was fetched before a seek", mutants.staleBatches, ({ ok }) => !ok],
  [
    "a transport that remembers where lanes started doubles changes",
    mutants.remembersStarts,
    ({ duplicated }) => duplicated > 0,
  ],
  ["offsets outside of the transaction: lanes refuse to start", mutants.offsetsOutside, ({ failed }) => failed > 0],
  ["lane state outside of the transaction: lanes refuse to start", mutants.stateOutside, ({ failed }) => failed > 0],
  ["marks kept beside the transaction lose changes", marksOutside, ({ lost }) => lost > 0],
  ["identity by total_order loses changes", mutants.byTotalOrder, ({ lost }) => lost > 0],
  ["identity by plain content loses changes", mutants.byContent, ({ lost }) => lost > 0],
])("%s", async (_, subject, found) => {
  expect(await seedsUntil(subject, found)).toBeLessThan(300);
});
