import { TandemError } from "@tandem-cdc/core";
import type { Verdict } from "../auditor.ts";
import type { Follower } from "./follower.ts";
import { Instance } from "./instance.ts";
import type { World } from "./world.ts";

const PATIENCE_MS = 180_000;
/** How often everything is sent at most, for the new logs to be as long as the old. */
const ROUNDS = 20;
/** What a pipeline may refuse a topic with that is not the one it knows. */
const REFUSALS = [
  "LANE_OFFSET_MISSING",
  "LANE_OFFSET_REWOUND",
  "LANE_OFFSET_OUT_OF_RANGE",
  "LANE_ANCHOR_MISMATCH",
  "LANE_PARTITIONS_CHANGED",
];

/** A deliberate replay, among faults that crash nothing: the same output comes once more, in the same order. */
export async function processAgain(world: World, follower: Follower): Promise<readonly Verdict[]> {
  const { faults, random, scheduler } = world;
  const before = follower.mark();
  const instance = new Instance("0", world);
  faults.quiet = false;
  faults.intensity = 1;
  instance.start("earliest");
  faults.count("replay");
  scheduler.after(random.between(0, 20_000), () => (faults.quiet = true));
  await scheduler.run(() => follower.twice(before), PATIENCE_MS);
  await follower.everythingOut(PATIENCE_MS);
  faults.quiet = true;
  instance.finish();
  await scheduler.run(() => !instance.running, PATIENCE_MS);
  for (const { message } of instance.failures) world.trace.tell(() => message);
  return follower.since(before);
}

/** Somebody re-creates the input topics while nobody is there. The pipeline has to refuse, and emit nothing. */
export async function recreate(world: World): Promise<readonly string[]> {
  const { connectors, faults, kafka, name, random, scheduler, topics, trace } = world;
  const ends = new Map(topics.flatMap((topic) => kafka.logsOf(topic)).map((log) => [log, log.end]));
  const emitted = (): number =>
    topics.flatMap((topic) => kafka.logsOf(`dedup.${topic}`)).reduce((n, { end }) => n + end, 0);
  const before = emitted();
  for (const topic of topics) {
    const count = kafka.partitions(topic);
    kafka.deleteTopic(topic);
    kafka.createTopic(topic, random.chance(0.2) ? count + 1 : count);
  }
  trace.tell(() => "the input topics are deleted and created again, and everything is sent again");
  faults.count("topics-re-created");
  const shorter = (): boolean => [...ends].some(([{ lane }, end]) => kafka.log(lane).end < end);
  const rounds = random.pick([1, ROUNDS, ROUNDS]);
  for (let round = 0; round < rounds && (round === 0 || shorter()); round++)
    for (const connector of connectors) {
      connector.restart(Infinity);
      while (!connector.done) connector.step();
    }
  // Kafka forgets a deleted topic's offsets; somebody may have set them again.
  if (random.chance(0.5)) for (const [{ lane }, end] of ends) kafka.group(name).commit(lane, end);
  const instance = new Instance("0", world);
  instance.start();
  await scheduler.run(() => !instance.running, PATIENCE_MS);
  const [refusal] = instance.failures;
  instance.finish();
  await scheduler.run(() => !instance.running, PATIENCE_MS);
  const expected = refusal instanceof TandemError && REFUSALS.includes(refusal.code);
  return [
    ...(expected ? [] : [`re-created topics were not refused: ${refusal?.message ?? "no error"}`]),
    ...(emitted() === before ? [] : ["something of re-created topics came out"]),
  ];
}
