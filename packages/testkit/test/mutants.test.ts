import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";
import { simulate, type SimulationResult, SOURCE_HEADER, type Subject } from "../src/index.ts";
import * as mutants from "./mutants.ts";

/** Most mutants show themselves in the first few histories; the rarest in one of some hundred. */
const LIMIT = 3_000;

/** The first seed that shows the anomaly. */
async function seedsUntil(subject: Subject, found: (result: SimulationResult) => boolean): Promise<number> {
  for (let seed = 1; seed <= LIMIT; seed++)
    if (found(await simulate({ ...subject, seed, seeds: 1, shrinks: false }))) return seed;
  return Infinity;
}

/** Nothing stopped or refused to go on: the damage is silent. */
function silently(what: "lost" | "duplicated"): (result: SimulationResult) => boolean {
  return (result) =>
    result[what] > 0 && result.stuck === 0 && result.anomalies.every(({ failures }) => failures.length === 0);
}

/** The runtime noticed, and stopped with this reason. */
function refused(reason: RegExp): (result: SimulationResult) => boolean {
  return ({ anomalies }) => anomalies.some(({ failures }) => failures.some((failure) => reason.test(failure)));
}

const hash = await loadHash();
const marksOutside = mutants.marksOutside(({ clock, keyStore }) =>
  dedup({ identity: debeziumIdentity({ sources: { header: SOURCE_HEADER } }), keyStore, hash, clock }),
);

it("a store that answers only 'seen before' loses changes, and the simulator catches it", async () => {
  expect(await seedsUntil(mutants.seenBefore, silently("lost"))).toBeLessThan(LIMIT);
});

it.each<[string, Subject, (result: SimulationResult) => boolean]>([
  ["a store where the last claim wins doubles changes", mutants.lastWins, silently("duplicated")],
  [
    "a store where the larger coordinate wins is refused as unsafe",
    mutants.largerWins,
    refused(/owners that cannot be/),
  ],
  ["a store that cuts its keys loses changes", mutants.cutsKeys, silently("lost")],
  ["a store that answers before its claims are durable doubles changes", mutants.answersEarly, silently("duplicated")],
  ["a transport that does not rewind after an abort loses changes", mutants.noRewind, silently("lost")],
  ["a commit believed in without an answer loses changes", mutants.commitsByFaith, silently("lost")],
  [
    "a transport that produces outside of the transaction doubles changes",
    mutants.plainProduce,
    silently("duplicated"),
  ],
  [
    "a producer kept after an unknown outcome is harmed by what was still on its way",
    mutants.keepsProducer,
    ({ ok }) => !ok,
  ],
  ["a transport that delivers what was fetched before a seek", mutants.staleBatches, ({ ok }) => !ok],
  ["a transport that remembers where lanes started doubles changes", mutants.remembersStarts, silently("duplicated")],
  [
    "offsets outside of the transaction: lanes refuse to start",
    mutants.offsetsOutside,
    refused(/lane state only knows|there is no lane state/),
  ],
  [
    "lane state outside of the transaction: lanes refuse to start",
    mutants.stateOutside,
    refused(/lies below|the group has no committed offset/),
  ],
  ["marks kept beside the transaction lose changes", marksOutside, silently("lost")],
  ["identity by total_order loses changes", mutants.byTotalOrder, silently("lost")],
  ["identity by plain content loses changes", mutants.byContent, silently("lost")],
])("%s", { timeout: 120_000 }, async (_, subject, found) => {
  expect(await seedsUntil(subject, found)).toBeLessThan(LIMIT);
});
