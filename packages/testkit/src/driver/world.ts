import { asError, createPipeline, type Lane, type Pipeline } from "@tandem-cdc/core";
import { noFaults } from "../faults.ts";
import { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import { Random } from "../random.ts";
import { Scheduler } from "../scheduler.ts";
import { SimulatedProcess } from "../simulated-process.ts";
import { ownerStore } from "../store/owner-store.ts";
import { simulatedTransport } from "../transport/simulated-transport.ts";
import { type Received, received } from "./output.ts";
import { virtualClock } from "./real-work.ts";
import type { Sent } from "./test-record.ts";
import { type Made, made, type PipelineMaker, stagesOf } from "./tested-pipeline.ts";

/** A process that has not begun yet, and what its pipeline is made of. */
interface Prepared {
  readonly process: SimulatedProcess;
  readonly made: Made;
}

interface Life {
  readonly process: SimulatedProcess;
  readonly pipeline: Pipeline;
  readonly stop: () => void;
  /** What it ended with; undefined while it runs. */
  ended: Error | "stopped" | undefined;
}

/** Virtual time within which everything sent is processed, or something is wrong. */
const PATIENCE_MS = 600_000;
const INSTANCE = "0";

/** One simulated Kafka, one pipeline on it, and nothing that goes wrong but what the test says. */
export class World {
  readonly scheduler: Scheduler = new Scheduler();
  readonly #make: PipelineMaker;
  readonly #random = new Random(1);
  readonly #appended: Lane[] = [];
  readonly #offsets: number[] = [];
  readonly #kafka = new SimulatedKafka({
    scheduler: this.scheduler,
    random: this.#random.fork(),
    // Rare: a week is to pass quickly.
    group: { sessionMs: 60_000 },
    onAppend: (lane, offset) => {
      this.#appended.push(lane);
      this.#offsets.push(offset);
    },
  });
  readonly #keyStore = ownerStore();
  readonly #shared = new Map<string, unknown>();
  /** Grows: whatever is sent to is read. */
  readonly #inputs: string[] = [];
  #next: Prepared | undefined;
  #life: Life | undefined;
  #lives = 0;
  /** Appended records that were looked at already. */
  #looked = 0;

  constructor(make: PipelineMaker) {
    this.#make = make;
  }

  /** What the next process, or the one that runs, is made of. */
  async made(): Promise<Made> {
    this.#next ??= await this.#prepare();
    return this.#next.made;
  }

  async #prepare(): Promise<Prepared> {
    const process = new SimulatedProcess(`${INSTANCE}.${++this.#lives}`, this.scheduler, this.#random.fork());
    const parts = await this.#make({
      name: "test",
      instance: INSTANCE,
      kafka: this.#kafka,
      process,
      clock: virtualClock(process.clock, this.scheduler),
      keyStore: this.#keyStore,
      shared: <T>(name: string, make: () => T): T => {
        if (!this.#shared.has(name)) this.#shared.set(name, make());
        return this.#shared.get(name) as T;
      },
    });
    return { process, made: made(parts) };
  }

  append({ partition, record, topic }: Sent, partitions: number): void {
    if (!this.#inputs.includes(topic)) this.#subscribe(topic, partitions);
    this.#kafka.log({ topic, partition }).append(record);
  }

  #subscribe(topic: string, partitions: number): void {
    this.#kafka.createTopic(topic, partitions);
    this.#inputs.push(topic);
    const name = this.#next?.made.name;
    if (this.#life === undefined || name === undefined) return;
    // As in Kafka, a new topic is met by a rebalance.
    const group = this.#kafka.group(name);
    const instance = "a new topic";
    group.leave({ instance, member: group.join(instance, [], null), generation: 0 });
  }

  async #running(): Promise<Life> {
    if (this.#life !== undefined) return this.#life;
    this.#next ??= await this.#prepare();
    const { made, process } = this.#next;
    const { commit, errors, maxBufferedBytes, observer } = made.parts;
    const pipeline = createPipeline({
      name: made.name,
      transport: simulatedTransport({
        kafka: this.#kafka,
        process,
        faults: noFaults(this.#random.fork()),
        name: made.name,
        instance: INSTANCE,
        topics: this.#inputs,
        idleMs: 5_000,
        heartbeatMs: 10_000,
      }),
      transforms: stagesOf(made, virtualClock(process.clock, this.scheduler), this.scheduler),
      output: { prefix: made.prefix },
      ...(commit === undefined ? {} : { commit }),
      ...(errors === undefined ? {} : { errors }),
      ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
      ...(observer === undefined ? {} : { observer }),
      clock: process.clock,
    });
    const stop = new AbortController();
    const life: Life = { process, pipeline, stop: () => stop.abort(), ended: undefined };
    this.#life = life;
    pipeline.run({ signal: stop.signal }).then(
      () => (life.ended = "stopped"),
      (thrown: unknown) => (life.ended = asError(thrown)),
    );
    return life;
  }

  /** Lets the pipeline process everything that was sent. Answers with the error that it ended with, if it did. */
  async settle(): Promise<Error | null> {
    const life = await this.#running();
    const settled = await this.scheduler.run(() => life.ended !== undefined || this.#settled, PATIENCE_MS);
    if (life.ended instanceof Error) return life.ended;
    if (settled) return null;
    const { lastError, state } = life.pipeline.status();
    const why = lastError === null ? "" : `; its last error: ${lastError.code}: ${lastError.message}`;
    throw new Error(
      `the pipeline (${state}) has not processed what was sent within ${PATIENCE_MS / 60_000} minutes of virtual time${why}`,
    );
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.#running();
    await this.scheduler.run(() => false, ms);
  }

  /** Kills the process; if there is something to process, with the transaction open that was to commit it. */
  async crash(): Promise<void> {
    const life = await this.#running();
    await this.scheduler.run(() => life.ended !== undefined || this.#settled || this.#isOpen, PATIENCE_MS);
    life.process.kill();
    this.#life = this.#next = undefined;
    await this.#running();
  }

  /** Stops the pipeline, as SIGTERM does. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.stop();
    await this.scheduler.run(() => life.ended !== undefined, PATIENCE_MS);
    this.#life = this.#next = undefined;
  }

  /** What became visible outside of the inputs since the last call, in the order in which it was written. */
  take(): readonly Received[] {
    const taken: Received[] = [];
    const { converters, name } = this.#next?.made ?? made({ transforms: [] });
    for (; this.#looked < this.#appended.length; this.#looked++) {
      const lane = this.#appended[this.#looked] as Lane;
      const offset = this.#offsets[this.#looked] ?? 0;
      if (this.#inputs.includes(lane.topic) || lane.topic === `${name}.lanes`) continue;
      const [record] = this.#kafka.log(lane).read(offset, 1, offset + 1);
      if (record !== undefined) taken.push(received(record, lane, converters));
    }
    return taken;
  }

  get #settled(): boolean {
    const group = this.#kafka.group(this.#next?.made.name ?? "");
    const lanes = this.#inputs.flatMap((topic) => this.#kafka.logsOf(topic));
    return (
      !this.#isOpen && lanes.every(({ end, lane }) => group.stable([lane]) && (group.committed([lane])[0] ?? 0) === end)
    );
  }

  /** A transaction has written something, and is not ended. */
  get #isOpen(): boolean {
    return this.#kafka.topics.some((topic) => this.#kafka.logsOf(topic).some((log) => log.lastStable < log.end));
  }
}
