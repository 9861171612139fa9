import { Holds } from "./holds.ts";
import type { Instance } from "./instance.ts";
import { whileAt } from "./tale.ts";
import type { World } from "./world.ts";

/** Lets things happen to a world, one after the other, until it is told to be quiet. */
export class Chaos {
  readonly #world: World;
  readonly #instances: readonly [Instance, ...Instance[]];
  readonly #meanMs: number;
  readonly #holds: Holds;
  /** When the last fault ended. */
  lastFault = 0;

  constructor(world: World, instances: readonly [Instance, ...Instance[]]) {
    this.#world = world;
    this.#instances = instances;
    this.#holds = new Holds(world, instances);
    this.#meanMs = world.random.pick([1_500, 5_000, 12_000]);
  }

  begin(): void {
    this.#world.faults.quiet = false;
    this.#holds.begin();
    this.#next();
  }

  #next(): void {
    const { random, scheduler } = this.#world;
    scheduler.after(-Math.log(1 - random.next()) * this.#meanMs, () => {
      if (this.#world.faults.quiet) return;
      this.#strike();
      this.#next();
    });
  }

  /** From here on nothing goes wrong. */
  quiet(): void {
    const { faults, scheduler, trace } = this.#world;
    trace.tell(() => "all faults end");
    faults.quiet = true;
    this.#world.storeDownUntil = 0;
    this.lastFault = scheduler.now;
    for (const instance of this.#instances) {
      instance.settle();
      instance.start();
    }
    this.#holds.end();
  }

  #strike(): void {
    const { random } = this.#world;
    const instance = random.pick(this.#instances);
    const kind = random.next();
    if (!instance.running) return this.#start(instance, 0);
    if (kind < 0.4) this.#crash(instance);
    else if (kind < 0.6) this.#freeze(instance);
    else if (kind < 0.75) this.#outage();
    else if (kind < 0.9) this.#restart(instance);
    else this.#badMoment();
  }

  #crash(instance: Instance): void {
    const { faults, random } = this.#world;
    const [steps, pauseMs] = [random.below(random.pick([10, 100, 400])), random.pick([500, 3_000, 14_000])];
    if (!faults.allows("crash")) return;
    instance.crashAfter(steps);
    this.#start(instance, pauseMs);
  }

  /** Short: nobody notices. Long: its session ends, its lanes go to others, and it comes back. */
  #freeze(instance: Instance): void {
    const { faults, random, scheduler, trace } = this.#world;
    const forMs = random.chance(0.4) ? random.between(200, 5_000) : random.between(9_000, 30_000);
    const [replaced, replaceMs] = [random.chance(0.3), random.next() * forMs];
    const name = forMs > 10_000 ? "zombie" : "pause";
    if (!faults.allows(name)) return;
    const process = instance.freeze();
    trace.tell(() => `process ${process?.name} stands still${whileAt(process?.doing ?? [])}`);
    faults.count(name, process?.name ?? null, process?.doing);
    scheduler.after(forMs, () => {
      if (process?.frozen === true) trace.tell(() => `process ${process.name} goes on`);
      process?.revive();
    });
    if (replaced) scheduler.after(replaceMs, () => this.#replace(instance));
  }

  #replace(instance: Instance): void {
    const { faults, trace } = this.#world;
    const { process } = instance;
    if (faults.quiet || process?.frozen !== true || !faults.allows("replacement")) return;
    trace.tell(() => `instance ${instance.id} is started a second time`);
    faults.count("replacement", process.name, process.doing);
    instance.replace();
  }

  #outage(): void {
    const { faults, random, scheduler, trace } = this.#world;
    const forMs = random.between(200, 12_000);
    if (!faults.allows("store-outage")) return;
    trace.tell(() => `the key store is down for ${Math.round(forMs)} ms`);
    faults.count("store-outage", null, this.#doing);
    this.#world.storeDownUntil = scheduler.now + forMs;
  }

  /** Asked to stop, it stops in its own time. */
  #restart(instance: Instance): void {
    const { faults, trace } = this.#world;
    if (!faults.allows("restart")) return;
    trace.tell(() => `instance ${instance.id} is asked to stop${whileAt(instance.process?.doing ?? [])}`);
    faults.count("restart", instance.process?.name ?? null, instance.process?.doing);
    instance.stop();
  }

  get #doing(): readonly string[] {
    return this.#instances.flatMap(({ process }) => process?.doing ?? []);
  }

  /** Everything fails more often for a while. */
  #badMoment(): void {
    const { faults, random, scheduler } = this.#world;
    const before = faults.intensity;
    if (before > 5) return;
    faults.intensity = 15;
    scheduler.after(random.between(500, 5_000), () => (faults.intensity = before));
  }

  #start(instance: Instance, afterMs: number): void {
    this.#world.scheduler.after(afterMs, () => {
      if (!instance.running) instance.start();
    });
  }
}
