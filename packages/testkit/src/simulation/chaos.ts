import type { Instance } from "./instance.ts";
import type { World } from "./world.ts";

/** Lets things happen to a world, one after the other, until it is told to be quiet. */
export class Chaos {
  readonly #world: World;
  readonly #instances: readonly [Instance, ...Instance[]];
  readonly #meanMs: number;
  /** When the last fault ended. */
  lastFault = 0;

  constructor(world: World, instances: readonly [Instance, ...Instance[]]) {
    this.#world = world;
    this.#instances = instances;
    this.#meanMs = world.random.pick([1_500, 5_000, 12_000]);
  }

  begin(): void {
    const { random, scheduler } = this.#world;
    scheduler.after(-Math.log(1 - random.next()) * this.#meanMs, () => {
      if (this.#world.faults.quiet) return;
      this.#strike();
      this.begin();
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
    const { random } = this.#world;
    instance.crashAfter(random.below(random.pick([10, 100, 400])));
    this.#start(instance, random.pick([500, 3_000, 14_000]));
  }

  /** Short: nobody notices. Long: its session ends, its lanes go to others, and it comes back. */
  #freeze(instance: Instance): void {
    const { faults, random, scheduler, trace } = this.#world;
    const process = instance.freeze();
    const forMs = random.chance(0.4) ? random.between(200, 5_000) : random.between(9_000, 30_000);
    faults.count(forMs > 10_000 ? "zombie" : "pause");
    trace.tell(() => `process ${process?.name} stands still`);
    scheduler.after(forMs, () => {
      if (process?.frozen === true) trace.tell(() => `process ${process.name} goes on`);
      process?.revive();
    });
    if (random.chance(0.3)) scheduler.after(random.next() * forMs, () => this.#replace(instance));
  }

  #replace(instance: Instance): void {
    const { faults, trace } = this.#world;
    if (faults.quiet || instance.process?.frozen !== true) return;
    faults.count("replacement");
    trace.tell(() => `instance ${instance.id} is started a second time`);
    instance.replace();
  }

  #outage(): void {
    const { faults, random, scheduler, trace } = this.#world;
    const forMs = random.between(200, 12_000);
    faults.count("store-outage");
    trace.tell(() => `the key store is down for ${Math.round(forMs)} ms`);
    this.#world.storeDownUntil = scheduler.now + forMs;
  }

  /** Asked to stop, it stops in its own time. */
  #restart(instance: Instance): void {
    const { faults, trace } = this.#world;
    faults.count("restart");
    trace.tell(() => `instance ${instance.id} is asked to stop`);
    instance.stop();
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
