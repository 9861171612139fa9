import { Random } from "../random.ts";
import type { Instance } from "./instance.ts";
import { whileAt } from "./tale.ts";
import type { World } from "./world.ts";

const HISTORIES = 0.25;
const MEAN_MS = 8_000;
const LOOK_MS = 100;

/** Somebody pauses pipelines and resumes them, in some histories. Its draws are its own: the others stay what they were. */
export class Holds {
  readonly #world: World;
  readonly #instances: readonly [Instance, ...Instance[]];
  readonly #random: Random;
  readonly #happen: boolean;

  constructor(world: World, instances: readonly [Instance, ...Instance[]]) {
    this.#world = world;
    this.#instances = instances;
    this.#random = new Random(world.seed).fork();
    this.#happen = this.#random.chance(HISTORIES);
  }

  begin(): void {
    if (this.#happen) this.#next();
  }

  end(): void {
    for (const instance of this.#instances) instance.goOn();
  }

  #next(): void {
    this.#world.scheduler.after(-Math.log(1 - this.#random.next()) * MEAN_MS, () => {
      if (this.#world.faults.quiet) return;
      this.#hold(this.#random.pick(this.#instances), this.#random.between(100, 20_000));
      this.#next();
    });
  }

  #hold(instance: Instance, forMs: number): void {
    const { faults, scheduler, trace } = this.#world;
    const { process } = instance;
    if (process === null || !faults.allows("hold")) return;
    trace.tell(() => `process ${process.name} is paused${whileAt(process.doing)}`);
    faults.count("hold", process.name, process.doing);
    instance.hold();
    this.#watch(instance);
    scheduler.after(forMs, () => {
      trace.tell(() => `instance ${instance.id} is resumed`);
      instance.goOn();
    });
  }

  #watch(instance: Instance): void {
    instance.look();
    if (instance.onHold) this.#world.scheduler.after(LOOK_MS, () => this.#watch(instance));
  }
}
