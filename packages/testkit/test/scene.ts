import {
  createPipeline,
  type IdentityStrategy,
  type KeyStore,
  type Lane,
  laneId,
  type Pipeline,
  type PipelineEvent,
  type PipelineOptions,
  TandemError,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import {
  faultyStore,
  noFaults,
  ownerStore,
  Random,
  Scheduler,
  SimulatedKafka,
  SimulatedProcess,
  simulatedTransport,
  type TransactionTimes,
} from "../src/index.ts";
import type { LogRecord } from "../src/index.ts";

const hash = await loadHash();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const TOPIC = "in";
export const LANE: Lane = { topic: TOPIC, partition: 0 };

/** The text of a record is its identity: copies of one change are equal. */
export const textIdentity: IdentityStrategy = {
  name: "text",
  version: 1,
  openLane: () => ({
    identify(batch, i, into) {
      into.bytes(batch.value(i));
      into.bucket = 0;
      return "change";
    },
    state: () => undefined,
  }),
};

export interface Life {
  readonly process: SimulatedProcess;
  readonly pipeline: Pipeline;
  readonly events: PipelineEvent[];
  /** What the pipeline ended with; undefined while it runs. */
  ended: TandemError | "stopped" | undefined;
  stop(): void;
}

export interface LifeOptions extends Partial<
  Pick<PipelineOptions, "commit" | "errors" | "maxBufferedBytes" | "observer" | "output" | "replay" | "transforms">
> {
  /** Stages after dedup. */
  readonly after?: readonly Transform[];
  readonly keyStore?: (store: KeyStore, process: SimulatedProcess) => KeyStore;
  readonly transport?: (inner: Transport) => Transport;
  readonly refuses?: (record: LogRecord) => boolean;
  readonly pollRecords?: number;
  /** It begins on hold. */
  readonly paused?: boolean;
}

/** A stage for one test: nothing goes wrong in it but what the test lets go wrong. */
export class Scene {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly faults = noFaults(new Random(2));
  readonly store = ownerStore();
  readonly kafka: SimulatedKafka;
  readonly topics: readonly string[] = [TOPIC];
  down = false;
  #lives = 0;

  constructor({
    partitions = 1,
    seed = 1,
    transactions = {},
  }: { partitions?: number; seed?: number; transactions?: Partial<TransactionTimes> } = {}) {
    this.random = new Random(seed);
    this.kafka = new SimulatedKafka({ scheduler: this.scheduler, random: this.random.fork(), transactions });
    this.kafka.createTopic(TOPIC, partitions);
  }

  send(...texts: string[]): void {
    this.sendTo(0, ...texts);
  }

  sendTo(partition: number, ...texts: string[]): void {
    for (const text of texts)
      this.kafka.log({ topic: TOPIC, partition }).append({
        key: encoder.encode("k"),
        value: encoder.encode(text),
        headers: [],
        timestamp: Math.floor(this.scheduler.now),
      });
  }

  start(
    instance = "0",
    {
      keyStore,
      paused = false,
      pollRecords = 500,
      refuses,
      after = [],
      transport = (inner) => inner,
      ...rest
    }: LifeOptions = {},
  ): Life {
    const { faults, kafka, scheduler, topics } = this;
    const process = new SimulatedProcess(`${instance}.${++this.#lives}`, scheduler, this.random.fork());
    const { clock } = process;
    const faulty = faultyStore(this.store, { random: process.random, clock, faults, down: () => this.down });
    const store = keyStore?.(faulty, process) ?? faulty;
    const events: PipelineEvent[] = [];
    const common = { kafka, process, faults, name: "scene", instance, topics, pollRecords };
    const simulated = simulatedTransport(refuses === undefined ? common : { ...common, refuses });
    const pipeline = createPipeline({
      name: "scene",
      transport: transport(simulated),
      transforms: [dedup({ identity: textIdentity, keyStore: store, hash, clock }), ...after],
      clock,
      observer: { observe: (event) => void events.push(event) },
      ...rest,
    });
    if (paused) pipeline.pause();
    const stop = new AbortController();
    const life: Life = { process, pipeline, events, ended: undefined, stop: () => stop.abort() };
    pipeline.run({ signal: stop.signal }).then(
      () => (life.ended = "stopped"),
      (thrown: unknown) => {
        if (!(thrown instanceof TandemError)) throw thrown;
        life.ended = thrown;
      },
    );
    return life;
  }

  /** Lets time pass until the condition holds; throws when it does not within a minute. */
  async until(condition: () => boolean, limitMs = 60_000): Promise<void> {
    if (!(await this.scheduler.run(condition, limitMs))) throw new Error("it did not happen");
  }

  async pass(ms: number): Promise<void> {
    await this.scheduler.run(() => false, ms);
  }

  /** Runs a pipeline until everything is processed, and stops it. */
  async process(options: LifeOptions = {}): Promise<Life> {
    const life = this.start("0", options);
    await this.until(() => this.done || life.ended !== undefined);
    life.stop();
    await this.until(() => life.ended !== undefined);
    return life;
  }

  /** Runs a pipeline until it ends by itself. */
  async refusal(): Promise<{ readonly code: string; readonly afterMs: number; readonly began: boolean }> {
    const began = this.scheduler.now;
    const life = this.start();
    await this.until(() => life.ended !== undefined, 120_000);
    const code = life.ended instanceof TandemError ? life.ended.code : "none";
    return { code, afterMs: this.scheduler.now - began, began: types(life).includes("assigned") };
  }

  /** Everything sent is committed. */
  get done(): boolean {
    return (
      this.kafka.logsOf(TOPIC).every((log) => this.committed(log.lane) === log.end) &&
      this.kafka.logsOf("scene.lanes").every((log) => log.lastStable === log.end) &&
      this.kafka.logsOf("dedup.in").every((log) => log.lastStable === log.end)
    );
  }

  committed(lane: Lane = LANE): number | null {
    const group = this.kafka.group("scene");
    return group.stable([lane]) ? (group.committed([lane])[0] ?? null) : null;
  }

  setOffset(offset: number | null, lane: Lane = LANE): void {
    this.kafka.group("scene").commit(lane, offset);
  }

  /** Committed lane state. */
  state(lane: Lane = LANE): { readonly nextOffset: number; readonly stages: Record<string, unknown> } | null {
    const bytes = this.kafka.newestByKey("scene.lanes").get(laneId(lane));
    return bytes === undefined
      ? null
      : (JSON.parse(decoder.decode(bytes)) as { nextOffset: number; stages: Record<string, unknown> });
  }

  /** What a reader of committed records sees. */
  output(topic = `dedup.${TOPIC}`, partition = 0): string[] {
    const log = this.kafka.logsOf(topic)[partition];
    return (log?.read(log.start) ?? []).map(({ value }) => (value === null ? "tombstone" : decoder.decode(value)));
  }
}

/** Holds claims until they are let go; `waiting` counts the held ones. */
export interface HeldStore {
  readonly wrap: (store: KeyStore) => KeyStore;
  readonly release: () => void;
  readonly waiting: number;
  /** Coordinates in the order in which they were claimed. */
  readonly claimed: number[];
}

export function heldStore(): HeldStore {
  let open = false;
  const held: (() => void)[] = [];
  const claimed: number[] = [];
  return {
    claimed,
    get waiting() {
      return held.length;
    },
    release() {
      open = true;
      for (const go of held.splice(0)) go();
    },
    wrap: (store) => ({
      ...store,
      async claim(lane, claims, signal) {
        claimed.push(...claims.coordinates.subarray(0, claims.length));
        if (!open) await new Promise<void>((resolve) => held.push(resolve));
        return store.claim(lane, claims, signal);
      },
    }),
  };
}

export function types(life: Life): string[] {
  return life.events.map(({ type }) => type);
}
