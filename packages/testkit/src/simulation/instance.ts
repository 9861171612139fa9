import { asError, createPipeline, type Pipeline, type PipelineEvent, TandemError } from "@tandem-cdc/core";
import { SimulatedProcess } from "../simulated-process.ts";
import { simulatedTransport } from "../transport/simulated-transport.ts";
import type { Site } from "./site.ts";
import { whileAt } from "./tale.ts";
import type { World } from "./world.ts";

/** What somebody wants of a process's pipeline, and what it said of itself. */
interface Command {
  readonly pipeline: Pipeline;
  onHold: boolean;
  /** It said that it is paused. */
  paused: boolean;
}

/** One instance of the pipeline, over the lives of its processes. Ended by itself, it is started again, as a supervisor would. */
export class Instance {
  readonly id: string;
  readonly #world: World;
  readonly #zombies: SimulatedProcess[] = [];
  #process: SimulatedProcess | null = null;
  #stop = new AbortController();
  #command: Command | null = null;
  #lives = 0;
  /** A second process under the same name may have been alive: being fenced is right then. */
  #rivals = false;
  #finished = false;
  /** Errors that a pipeline must not end with. */
  readonly failures: Error[] = [];

  constructor(id: string, world: World) {
    this.id = id;
    this.#world = world;
  }

  get process(): SimulatedProcess | null {
    return this.#process?.alive === true ? this.#process : null;
  }

  get running(): boolean {
    return this.process !== null;
  }

  /** `replayFrom`: every lane begins again at its log's start. */
  start(replayFrom: "earliest" | null = null): void {
    if (this.running || this.#finished) return;
    const world = this.#world;
    const { kafka, name, pollRecords, scheduler, setting, topics, trace } = world;
    const process = new SimulatedProcess(`${this.id}.${++this.#lives}`, scheduler, world.random.fork());
    const { clock } = process;
    const shared = <T>(what: string, make: () => T): T => world.shared(what, make);
    const site: Site = { name, instance: this.id, kafka, process, clock, shared };
    const faults = world.faults.at(process.name, () => process.doing);
    const { refuses } = setting.subject;
    const common = { kafka, process, faults, name, instance: this.id, topics, pollRecords };
    const transport = simulatedTransport(refuses === undefined ? common : { ...common, refuses });
    if (replayFrom !== null) process.began("replaying");
    const pipeline = createPipeline({
      name,
      transport: setting.subject.transport?.(transport, site) ?? transport,
      ...world.pipeline(site),
      ...(replayFrom === null ? {} : { replay: { from: replayFrom } }),
      clock,
      observer: {
        observe: (event) => {
          trace.event(process.name, event);
          if (command.paused) this.#judge(event);
        },
      },
    });
    const command: Command = { pipeline, onHold: false, paused: false };
    this.#command = command;
    trace.tell(() => `process ${process.name} starts${replayFrom === null ? "" : `, to process everything again`}`);
    const stop = new AbortController();
    this.#process = process;
    this.#stop = stop;
    pipeline.run({ signal: stop.signal }).then(
      () => this.#ended(process),
      (thrown: unknown) => this.#failed(process, asError(thrown)),
    );
  }

  crashAfter(steps: number): void {
    const { process } = this;
    if (process === null) return;
    process.killAfter(steps, () => {
      this.#world.trace.tell(() => `process ${process.name} is killed${whileAt(process.doing)}`);
      this.#world.faults.count("crash", process.name, process.doing);
    });
  }

  /** The process stands still; it may or may not find out later that the world went on. */
  freeze(): SimulatedProcess | null {
    const { process } = this;
    process?.freeze();
    return process;
  }

  /** Another process takes the frozen one's place, which will come back as a zombie. */
  replace(): void {
    const { process } = this;
    if (process === null) return;
    this.#zombies.push(process);
    this.#process = null;
    this.#rivals = true;
    this.start();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Pauses the pipeline; a process that stands still hears of it later. */
  hold(): void {
    this.#tell(true);
  }

  goOn(): void {
    this.#tell(false);
  }

  get onHold(): boolean {
    return this.#command?.onHold === true;
  }

  /** Asks the pipeline whether it is paused. */
  look(): void {
    const command = this.#command;
    if (command?.onHold === true) command.paused ||= command.pipeline.status().state === "PAUSED";
  }

  #tell(onHold: boolean): void {
    const command = this.#command;
    if (command === null || command.onHold === onHold) return;
    command.onHold = onHold;
    if (!onHold) command.paused = false;
    this.#process?.resume(() => (command.onHold ? command.pipeline.pause() : command.pipeline.resume()));
  }

  #judge(event: PipelineEvent): void {
    if (event.type === "committed" && event.outputs.some((batch) => batch.length > 0))
      this.failures.push(new Error(`instance ${this.id} emitted while it was paused`));
  }

  /** Stops, until `begin`; an older process that came back under the same name is not forgotten. */
  finish(): void {
    this.#finished = true;
    for (const zombie of this.#zombies) zombie.kill();
    this.stop();
  }

  begin(): void {
    this.#finished = false;
    this.start();
  }

  /** Faults end: whoever stands still goes on, whoever was to be killed lives. */
  settle(): void {
    for (const process of [...this.#zombies, this.process]) {
      process?.killAfter(Infinity, () => undefined);
      process?.revive();
    }
  }

  #ended(process: SimulatedProcess): void {
    this.#over(process, this.#world.faults.quiet ? 1_000 : this.#world.random.pick([0, 2_000, 15_000]));
  }

  #failed(process: SimulatedProcess, error: Error): void {
    const fenced = error instanceof TandemError && error.code === "INSTANCE_FENCED";
    if (!(fenced && this.#rivals)) this.failures.push(error);
    this.#over(process, 1_000);
  }

  /** The supervisor starts it again. */
  #over(process: SimulatedProcess, afterMs: number): void {
    process.kill();
    if (process === this.#process) this.#world.scheduler.after(afterMs, () => this.start());
  }
}
