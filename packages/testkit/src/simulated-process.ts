import type { Clock } from "@tandem-cdc/core";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * One process of a simulation. Its code waits only by `call` and `clock`; so it can be stopped between any two steps.
 * - `kill`: nothing of it runs any more. What it has sent is on its way and still arrives.
 * - `freeze`: it hears nothing until `revive`; then everything at once. Held past its session, it is a zombie.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly #scheduler: Scheduler;
  #state: "running" | "frozen" | "dead" = "running";
  #held: (() => void)[] = [];
  #stepsToLive = Infinity;
  #onDeath: (() => void) | undefined;
  /** What its code waits for, and how often at once. */
  readonly #doing = new Map<string, number>();

  constructor(name: string, scheduler: Scheduler, random: Random) {
    this.name = name;
    this.#scheduler = scheduler;
    this.random = random;
    this.clock = { now: () => scheduler.now, sleep: (ms, signal) => this.#sleep(ms, signal) };
  }

  get alive(): boolean {
    return this.#state !== "dead";
  }
  get frozen(): boolean {
    return this.#state === "frozen";
  }

  /** What is under way in it. */
  get doing(): readonly string[] {
    return [...this.#doing].flatMap(([activity, times]) => (times > 0 ? [activity] : []));
  }

  /** Notes what is under way, for whoever asks what a fault met. */
  async during<T>(activity: string, work: () => Promise<T>): Promise<T> {
    this.began(activity);
    try {
      return await work();
    } finally {
      this.ended(activity);
    }
  }

  began(activity: string): void {
    this.#doing.set(activity, (this.#doing.get(activity) ?? 0) + 1);
  }

  ended(activity: string): void {
    this.#doing.set(activity, (this.#doing.get(activity) ?? 1) - 1);
  }

  kill(): void {
    if (!this.alive) return;
    this.#state = "dead";
    this.#held = [];
    this.#onDeath?.();
  }

  /** Kills it at its n-th await from here on. */
  killAfter(steps: number, onDeath: () => void): void {
    this.#stepsToLive = steps;
    this.#onDeath = onDeath;
  }

  freeze(): void {
    if (this.#state === "running") this.#state = "frozen";
  }

  revive(): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    for (const resume of this.random.shuffled(held))
      this.#scheduler.after(this.random.next(), () => this.resume(resume));
  }

  /** Goes on with the process's code, if it still can. */
  resume(code: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "frozen") {
      this.#held.push(code);
      return;
    }
    if (--this.#stepsToLive < 0) return this.kill();
    code();
  }

  /** A request: it travels, takes effect elsewhere at one moment, and the answer travels back. */
  call<T>(effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#scheduler.unheard(this.latency(), () => {
        let answer: () => void;
        try {
          const value = effect();
          answer = () => resolve(value);
        } catch (thrown) {
          answer = () => reject(thrown);
        }
        this.#scheduler.after(this.latency(), () => this.resume(answer));
      });
    });
  }

  /** A request whose answer nobody hears: it takes effect after `ms`, whatever becomes of the process. */
  send(ms: number, effect: () => void): void {
    this.#scheduler.unheard(ms, effect);
  }

  /** Mostly short, now and then long: that is what reorders what belongs to different processes. */
  latency(): number {
    const { random } = this;
    return random.chance(0.02) ? random.between(5, 200) : random.between(0.2, 3);
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        signal?.removeEventListener("abort", done);
        resolve();
      };
      signal?.addEventListener("abort", done, { once: true });
      this.#scheduler.after(ms, () => this.resume(done));
    });
  }
}
