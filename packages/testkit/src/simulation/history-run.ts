import { isClean, type Verdict } from "../auditor.ts";
import type { Connector } from "../history/connector.ts";
import { Chaos } from "./chaos.ts";
import { Follower } from "./follower.ts";
import { Instance } from "./instance.ts";
import { type Setting, World } from "./world.ts";

/** What became of one history. */
export interface HistoryVerdict {
  readonly seed: number;
  readonly ok: boolean;
  readonly audits: readonly Verdict[];
  /** Faults that struck, by name. */
  readonly faults: ReadonlyMap<string, number>;
  /** Errors that pipelines ended with and should not have. */
  readonly failures: readonly string[];
  /** The stream did not move on after the last fault. */
  readonly stuck: boolean;
  /** From the last fault until everything was out, milliseconds of virtual time. */
  readonly recoveryMs: number;
  readonly steps: number;
  /** What happened, when it was asked for. */
  readonly story: readonly string[];
}

/** After the last fault everything has to come out within this long. */
const PATIENCE_MS = 120_000;

/** Runs one whole history. */
export async function runHistory(seed: number, setting: Setting, traced: boolean): Promise<HistoryVerdict> {
  const world = new World(seed, setting, traced);
  const { faults, random, scheduler, trace } = world;
  const [first = "0", ...others] = world.instances;
  const instances = [new Instance(first, world), ...others.map((id) => new Instance(id, world))] as const;
  const chaos = new Chaos(world, instances);
  const follower = new Follower(world);
  for (const instance of instances) scheduler.after(random.between(0, 3_000), () => instance.start());
  for (const connector of world.connectors) drive(world, connector);
  chaos.begin();
  const sent = (): boolean => world.connectors.every(({ done }) => done);
  await scheduler.run(sent, 600_000);
  await scheduler.run(() => false, random.between(0, 20_000));
  chaos.quiet();
  const out = await follower.everythingOut(PATIENCE_MS);
  const recoveryMs = scheduler.now - chaos.lastFault;
  // Some requests are still on their way: they must not change anything any more.
  if (random.chance(0.1)) await scheduler.run(() => false, 40_000);
  for (const instance of instances) instance.finish();
  const stopped = await scheduler.run(() => instances.every(({ running }) => !running), PATIENCE_MS);
  const audits = follower.audits();
  for (const { examples } of audits)
    for (const example of examples) trace.tell(() => example + follower.whereabouts(example));
  const failures = instances.flatMap((instance) => instance.failures.map(({ message }) => message));
  return {
    seed,
    ok: audits.every(isClean) && failures.length === 0 && out && stopped,
    audits,
    faults: faults.counts,
    failures,
    stuck: !out || !stopped,
    recoveryMs,
    steps: scheduler.steps,
    story: trace.story,
  };
}

/** A connector at work: records in bursts, crashes now and then, falls behind. */
function drive(world: World, connector: Connector): void {
  const { faults, scheduler, trace } = world;
  const random = world.random.fork();
  const paceMs = random.pick([20, 200, 600]);
  const step = (): void => {
    if (connector.done) return;
    connector.step();
    let pause = random.chance(0.7) ? random.between(0, 3) : random.between(0, paceMs * 3);
    if (random.chance(0.03)) {
      const back = random.below(8);
      faults.count("source-restart");
      trace.tell(() => `source ${connector.source} restarts and sends ${back} changes again`);
      connector.restart(back);
      pause = random.between(10, 15_000);
    }
    scheduler.after(pause, step);
  };
  scheduler.after(random.between(0, random.pick([100, 10_000])), step);
}
