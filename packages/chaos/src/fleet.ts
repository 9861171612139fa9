import { configFile } from "@tandem-cdc/acceptance";
import { type Exit, Instance } from "./instance.ts";
import type { KafkaStage } from "./kafka-stage.ts";
import { SCALES } from "./schedule.ts";
import type { StoreStage } from "./store-stage.ts";

/** Memory of one instance over the run, in MiB, one number per `EVERY_MS`; null while it did not run. */
export type MemoryLine = readonly (number | null)[];

export const EVERY_MS = 5_000;

export interface FleetOptions {
  readonly kafka: KafkaStage;
  readonly store: StoreStage;
  readonly topic: string;
  readonly size: number;
  /** More lines of the configuration. */
  readonly more: string;
  readonly logs?: string | undefined;
  readonly log: (text: string) => void;
}

/** The instances of one pipeline. */
export class Fleet {
  readonly exits: Exit[] = [];
  readonly #instances: readonly Instance[];
  readonly #memory: (number | null)[][];
  /** Starts of each instance by the last weighing. */
  readonly #weighed: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #scale = 0;
  readonly #remove = (): void => this.#instances.forEach((instance) => instance.remove());

  /** Starts the first one. */
  constructor({ kafka, log, logs, more, size, store, topic }: FleetOptions) {
    this.#instances = Array.from({ length: size }, (_, number) => {
      const bootstrap = kafka.bootstrap(number);
      const own = { store: store.yaml(number), instance: `${number}` };
      const config = configFile({ bootstrap, name: "chaos", topic, more, ...own });
      const onExit = (exit: Exit): void => {
        this.exits.push(exit);
        log(`instance ${number} ended by itself (${exit.code}): ${exit.said}`);
      };
      return new Instance(number, config, onExit, logs);
    });
    this.#memory = this.#instances.map(() => []);
    this.#timer = setInterval(() => this.#weigh(), EVERY_MS);
    // A halted process outlives the Ctrl-C that ends the others.
    process.once("exit", this.#remove);
    this.#instances[0]?.start();
  }

  /** Those that should run now. */
  get deployed(): readonly Instance[] {
    return this.#instances.slice(0, SCALES[this.#scale % SCALES.length]);
  }

  /** Lanes that are read up to their end, by what the instances say. */
  get idleLanes(): number {
    return this.deployed.reduce((sum, { progress }) => sum + (progress?.lag === 0 ? progress.lanes : 0), 0);
  }

  get memory(): readonly MemoryLine[] {
    return this.#memory;
  }

  get starts(): number {
    return this.#instances.reduce((sum, { starts }) => sum + starts, 0);
  }

  /** One, three, two, one, ...: returns how many there are now. */
  async scale(): Promise<number> {
    const before = this.deployed.length;
    this.#scale++;
    const { length } = this.deployed;
    for (const instance of this.#instances.slice(before, length)) instance.start();
    await Promise.all(this.#instances.slice(length, before).map((instance) => instance.stop()));
    return length;
  }

  #weigh(): void {
    for (const [i, { memoryMb, starts }] of this.#instances.entries()) {
      // Another process: null stands between the two, however fast it was there.
      if ((this.#weighed[i] ?? starts) !== starts) this.#memory[i]?.push(null);
      this.#weighed[i] = starts;
      this.#memory[i]?.push(memoryMb ?? null);
    }
  }

  /** Stops all of them politely; resolves to their exit codes, null for who had to be killed. */
  async stop(): Promise<(number | null)[]> {
    clearInterval(this.#timer);
    const codes = await Promise.all(this.deployed.map((instance) => instance.stop()));
    process.off("exit", this.#remove);
    this.#remove();
    return codes;
  }
}
