import { isClean, type Verdict } from "../auditor.ts";
import type { Connector } from "../history/connector.ts";
import { calmRun } from "./calm-run.ts";
import { Chaos } from "./chaos.ts";
import type { CoverageTable } from "./coverage.ts";
import { processAgain, recreate } from "./epilogue.ts";
import { Follower } from "./follower.ts";
import { Instance } from "./instance.ts";
import { EVERYTHING, type Scope } from "./scope.ts";
import { type Setting, World } from "./world.ts";

/** What became of one history. */
export interface HistoryVerdict {
  readonly seed: number;
  readonly ok: boolean;
  readonly audits: readonly Verdict[];
  /** Faults that struck, by name. */
  readonly faults: ReadonlyMap<string, number>;
  readonly coverage: CoverageTable;
  /** Errors that pipelines ended with and should not have, and those that they should have and did not. */
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
/** Longer than claims live. */
const ABSENCE_MS = 600_000;

/** Runs one whole history. */
export async function runHistory(
  seed: number,
  setting: Setting,
  traced: boolean,
  scope: Scope = EVERYTHING,
): Promise<HistoryVerdict> {
  const run = new HistoryRun(new World(seed, setting, scope, traced));
  return run.verdict(seed);
}

/** One history on its way. */
class HistoryRun {
  readonly #world: World;
  readonly #instances: readonly [Instance, ...Instance[]];
  readonly #chaos: Chaos;
  readonly #follower: Follower;
  #recoveryMs = 0;
  #stuck = false;

  constructor(world: World) {
    const [first = "0", ...others] = world.instances;
    this.#world = world;
    this.#instances = [new Instance(first, world), ...others.map((id) => new Instance(id, world))];
    this.#chaos = new Chaos(world, this.#instances);
    this.#follower = new Follower(world);
  }

  async verdict(seed: number): Promise<HistoryVerdict> {
    const { coverage, epilogue, faults, horizonMs, random, scheduler, setting, trace } = this.#world;
    this.#prologue();
    if (horizonMs !== null) await this.#firstHalf();
    await this.#fire();
    // Some requests are still on their way: they must not change anything any more.
    if (random.chance(0.1)) await scheduler.run(() => false, 40_000);
    await this.#stop();
    const audits =
      setting.subject.reference === "calm-run" ? [...(await calmRun(this.#world))] : this.#follower.audits();
    const failures = this.#instances.flatMap((instance) => instance.failures.map(({ message }) => message));
    const sound = audits.every(isClean) && failures.length === 0 && !this.#stuck;
    if (sound && epilogue === "replay") audits.push(...(await processAgain(this.#world, this.#follower)));
    if (sound && epilogue === "re-created") failures.push(...(await recreate(this.#world)));
    for (const failure of failures) trace.tell(() => failure);
    return {
      seed,
      ok: audits.every(isClean) && failures.length === 0 && !this.#stuck,
      audits,
      faults: faults.counts,
      coverage: coverage.table,
      failures,
      stuck: this.#stuck,
      recoveryMs: this.#recoveryMs,
      steps: scheduler.steps,
      story: trace.story,
    };
  }

  #prologue(): void {
    const { changes, connectors, instances, kafka, topics, trace } = this.#world;
    const partitions = topics.map((topic) => `${topic} (${kafka.partitions(topic)})`).join(", ");
    const sources = connectors.map(({ source }) => source).join(" and ");
    trace.tell(
      () =>
        `${changes.length} changes, sent by ${sources} to ${partitions}; instances ${instances.join(", ")}, ${kafka.group(this.#world.name).protocol} rebalances`,
    );
  }

  /** Everything that was sent is out, and then nobody is there for longer than claims live. */
  async #firstHalf(): Promise<void> {
    const { connectors, faults, random, scheduler, trace } = this.#world;
    const half = random.below(this.#world.changes.length);
    for (const connector of connectors) connector.limit = half;
    await this.#fire();
    await this.#stop();
    trace.tell(() => "nobody is there for longer than claims live");
    faults.count("claims-expired");
    await scheduler.run(() => false, ABSENCE_MS);
    for (const connector of connectors) {
      connector.limit = this.#world.changes.length;
      connector.restart(random.below(half + 1));
    }
    for (const instance of this.#instances) instance.begin();
  }

  /** Sources send, instances run, everything goes wrong; then the faults end, and everything has to come out. */
  async #fire(): Promise<void> {
    const { connectors, random, scheduler } = this.#world;
    for (const instance of this.#instances) scheduler.after(random.between(0, 3_000), () => instance.start());
    for (const connector of connectors) drive(this.#world, connector);
    this.#chaos.begin();
    await scheduler.run(() => connectors.every(({ done }) => done), 600_000);
    await scheduler.run(() => false, random.between(0, 20_000));
    this.#chaos.quiet();
    if (!(await this.#follower.everythingOut(PATIENCE_MS))) this.#stuck = true;
    this.#recoveryMs = Math.max(this.#recoveryMs, scheduler.now - this.#chaos.lastFault);
  }

  async #stop(): Promise<void> {
    for (const instance of this.#instances) instance.finish();
    const stopped = (): boolean => this.#instances.every(({ running }) => !running);
    if (!(await this.#world.scheduler.run(stopped, PATIENCE_MS))) this.#stuck = true;
  }
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
      const back = random.chance(0.1) ? random.below(connector.sent + 1) : random.below(8);
      const away = random.between(10, 15_000);
      const name = back > 8 ? "source-replay" : "source-restart";
      if (faults.allows(name)) {
        trace.tell(() => `source ${connector.source} restarts and sends ${back} changes again`);
        faults.count(name);
        connector.restart(back);
        pause = away;
      }
    }
    scheduler.unheard(pause, step);
  };
  scheduler.unheard(random.between(0, random.pick([100, 10_000])), step);
}
