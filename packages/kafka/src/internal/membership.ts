import {
  type AssignmentListener,
  asError,
  type Batch,
  isRetriable,
  type Lane,
  laneId,
  systemClock,
  TandemError,
} from "@tandem-cdc/core";
import { call, Serial } from "./call.ts";
import { connected } from "./connected.ts";
import { codeOf, ERR, isFenced, transportError } from "./errors.ts";
import { Intake } from "./intake.ts";
import { batchesOf } from "./message-batch.ts";
import { Positions } from "./positions.ts";
import { watermarks } from "./reader.ts";
import { type KafkaConsumer, type LibrdKafkaError, type Message, native } from "./rdkafka.ts";

export interface MembershipOptions {
  readonly conf: Record<string, unknown>;
  readonly pollRecords: number;
  readonly pollWaitMs: number;
  readonly notice: (text: string) => void;
  /** Whether another process has taken this instance's place for good. */
  readonly replaced: () => Promise<boolean>;
  /** Whether `close` gives up the place in the group too. Default false: it is kept for the session. */
  readonly leaves?: boolean;
}

/** How long the client may take to tell that it has given everything up, and then to say so to the group. */
const GIVEN_UP_MS = 2_000;
const SAID_MS = 200;

/**
 * The consumer as a member of its group. Rebalances wait for the listener: librdkafka holds the assignment until
 * `assign` or `unassign` is called, so a transaction ends before its partitions are given up. Reading and moving
 * (`assign`, `seek`) exclude each other, hence no poll returns records from before a move.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #listener: AssignmentListener;
  readonly #moving = new Serial();
  readonly #assigned = new Map<string, Lane>();
  readonly #positions = new Positions();
  #client: KafkaConsumer | undefined;
  #intake: Intake | undefined;
  readonly #rebalances = new Serial();
  #subscribed: readonly string[] = [];
  #joiningAgain = false;
  #closing = false;
  /** Told of a revocation while it leaves. */
  #givenUp: () => void = () => undefined;

  constructor(options: MembershipOptions, listener: AssignmentListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get client(): KafkaConsumer {
    if (this.#client === undefined)
      throw new TandemError("TRANSPORT_FAILED", "the consumer is not connected", { retriable: true });
    return this.#client;
  }

  /** Topics that were asked for. */
  get topics(): readonly string[] {
    return this.#subscribed;
  }

  get lanes(): readonly Lane[] {
    return [...this.#assigned.values()];
  }

  async connect(): Promise<void> {
    const client: KafkaConsumer = new (native().KafkaConsumer)(
      {
        ...this.#options.conf,
        rebalance_cb: (error: LibrdKafkaError, partitions: readonly Lane[]) =>
          this.#rebalance(client, error, partitions),
      },
      { "auto.offset.reset": "error" },
    );
    client.on("event.error", (error) => this.#event(client, error));
    client.on("partition.eof", (end: StartOf) => this.#positions.reached(end, end.offset));
    try {
      await connected("connecting the consumer", client);
    } catch (thrown) {
      throw transportError("connecting the consumer", thrown);
    }
    this.#client = client;
  }

  /** Joins with these topics, when they are others than before. */
  subscribe(topics: readonly string[]): void {
    if (topics.length === 0 || topics.join() === this.#subscribed.join()) return;
    this.#subscribed = topics;
    this.client.subscribe([...topics]);
  }

  async poll(): Promise<readonly Batch[]> {
    try {
      const messages = await this.#moving.run(() => this.#take());
      const batches = batchesOf(messages).filter((batch) => this.#assigned.has(laneId(batch.lane)));
      for (const batch of batches) this.#positions.reached(batch.lane, batch.offset(batch.length - 1) + 1);
      return batches;
    } catch (thrown) {
      throw this.#pollError(thrown);
    }
  }

  #take(): Promise<Message[]> {
    const { pollRecords, pollWaitMs } = this.#options;
    this.#intake ??= new Intake(this.client, pollRecords, pollWaitMs);
    return this.#intake.take();
  }

  pause(lanes: readonly Lane[]): void {
    this.#client?.pause(this.#ours(lanes));
    for (const lane of lanes) this.#positions.paused(lane, true);
  }

  resume(lanes: readonly Lane[]): void {
    // None while a member joins again: then nothing is assigned either.
    this.#client?.resume(this.#ours(lanes));
    for (const lane of lanes) this.#positions.paused(lane, false);
  }

  logEnd({ partition, topic }: Lane): number | null {
    try {
      const { highOffset } = this.client.getWatermarkOffsets(topic, partition);
      return highOffset >= 0 ? highOffset : null;
    } catch {
      return null;
    }
  }

  async seek(lane: Lane, offset: number): Promise<void> {
    if (!this.#assigned.has(laneId(lane))) return;
    try {
      await this.#moving.run(async () => {
        await this.#intake?.forget([lane]);
        await call(`seeking ${laneId(lane)}`, 15_000, (done) => this.client.seek({ ...lane, offset }, 10_000, done));
        this.#positions.start(lane, offset);
      });
    } catch (thrown) {
      throw transportError(`seeking ${laneId(lane)}`, thrown);
    }
  }

  /** Fails the pipeline when a silent lane has lost records that it has not read. To be called now and then. */
  async checkSilent(): Promise<void> {
    for (const { lane } of this.#positions.look()) {
      const { lowOffset } = await watermarks(this.client, lane);
      const next = this.#positions.next(lane);
      if (next !== undefined && lowOffset > next)
        this.#listener.failed(outOfRange(`${laneId(lane)}: ${next}, and the log starts at ${lowOffset}`));
    }
  }

  /** Gives up what is assigned, then leaves. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#rebalances.run(() => undefined);
    const client = this.#client;
    if (client === undefined) return;
    const lanes = this.lanes;
    this.#assigned.clear();
    if (lanes.length > 0) await this.#listener.revoked(lanes, false);
    if (this.#options.leaves === true) await this.#leave(client);
    await this.#moving.run(() => void client.unassign());
  }

  /**
   * A static member that disconnects keeps its place. One that unsubscribes tells the group that it leaves, as soon as
   * nothing is assigned to it any more; of that the client reports nothing.
   */
  async #leave(client: KafkaConsumer): Promise<void> {
    const givenUp = new Promise<void>((resolve) => (this.#givenUp = resolve));
    client.unsubscribe();
    await Promise.race([givenUp, systemClock.sleep(GIVEN_UP_MS, NEVER)]);
    await systemClock.sleep(SAID_MS, NEVER);
  }

  async disconnect(): Promise<void> {
    if (this.#client !== undefined) await left(this.#client);
    this.#client = undefined;
  }

  #ours(lanes: readonly Lane[]): Lane[] {
    return lanes
      .filter((lane) => this.#assigned.has(laneId(lane)))
      .map(({ partition, topic }) => ({ topic, partition }));
  }

  #rebalance(client: KafkaConsumer, error: LibrdKafkaError, partitions: readonly Lane[]): void {
    const lanes = partitions.map(({ partition, topic }) => ({ topic, partition }));
    void this.#rebalances.run(async () => {
      try {
        if (client !== this.#client) return;
        if (error.code === ERR.assignPartitions) await this.#assign(lanes);
        else await this.#revoke(lanes);
      } catch (thrown) {
        if (!this.#closing) this.#listener.failed(asError(thrown));
      }
    });
  }

  async #assign(lanes: readonly Lane[]): Promise<void> {
    const starts = this.#closing ? [] : await this.#listener.assigned(lanes);
    await this.#moving.run(async () => {
      if (!this.#closing) await this.#intake?.forget(lanes);
      if (this.#closing) {
        this.#client?.unassign();
        return;
      }
      for (const { lane, offset } of starts) {
        this.#assigned.set(laneId(lane), lane);
        this.#positions.start(lane, offset);
      }
      this.#client?.assign(
        starts.map(({ lane, offset }) => ({ topic: lane.topic, partition: lane.partition, offset })),
      );
      // The client keeps an application's pauses over unassign and assign; nobody else would lift them.
      this.resume(starts.map(({ lane }) => lane));
    });
  }

  async #revoke(lanes: readonly Lane[]): Promise<void> {
    const ours = lanes.filter((lane) => this.#assigned.has(laneId(lane)));
    if (ours.length > 0) await this.#listener.revoked(ours, false);
    await this.#moving.run(() => {
      for (const lane of lanes) {
        this.#assigned.delete(laneId(lane));
        this.#positions.drop(lane);
      }
      this.#client?.unassign();
    });
    this.#givenUp();
  }

  #pollError(thrown: unknown): TandemError {
    const code = codeOf(thrown);
    if (code === ERR.autoOffsetReset) return outOfRange(asError(thrown).message, thrown);
    if (code !== ERR.fatal && !isFenced(thrown)) return transportError("polling", thrown);
    this.#fenced(thrown);
    return new TandemError("TRANSPORT_FAILED", `the group refused this member: ${asError(thrown).message}`, {
      cause: thrown,
      retriable: true,
    });
  }

  #event(client: KafkaConsumer, error: LibrdKafkaError): void {
    if (this.#closing || client !== this.#client) return;
    if (isFenced(error)) this.#fenced(error);
    else this.#options.notice(error.message);
  }

  /** This client is of no more use. Another one joins, unless another process has taken its place. */
  #fenced(cause: unknown): void {
    if (this.#closing || this.#joiningAgain) return;
    this.#joiningAgain = true;
    this.#options.notice(`the group refused this member (${asError(cause).message}): looking for who took its place`);
    void this.#rebalances.run(async () => {
      try {
        if (await this.#patiently(this.#options.replaced)) throw fenced(cause);
        if (this.#closing) return;
        this.#options.notice("nobody took this member's place: joining again");
        await this.#joinAgain();
      } catch (thrown) {
        if (!this.#closing) this.#listener.failed(asError(thrown));
      } finally {
        this.#joiningAgain = false;
      }
    });
  }

  async #joinAgain(): Promise<void> {
    const lanes = this.lanes;
    if (lanes.length > 0) await this.#listener.revoked(lanes, true);
    await this.#moving.run(async () => {
      const old = this.#client;
      this.#client = undefined;
      this.#intake = undefined;
      for (const lane of lanes) this.#positions.drop(lane);
      this.#assigned.clear();
      if (old !== undefined) await left(old);
    });
    // Polls meanwhile fail and are tried again: a stop must not wait for brokers.
    await this.#patiently(() => this.connect());
    if (!this.#closing) this.client.subscribe([...this.#subscribed]);
  }

  /** Undefined when a stop came between. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    for (let delay = 200; !this.#closing; delay = Math.min(delay * 2, 5_000)) {
      try {
        return await attempt();
      } catch (thrown) {
        if (!isRetriable(thrown)) throw thrown;
        await systemClock.sleep(delay, NEVER);
      }
    }
    return undefined;
  }
}

const NEVER = new AbortController().signal;

/** Ends a consumer in any state, in bounded time. */
async function left(client: KafkaConsumer): Promise<void> {
  try {
    // With an assignment it would not end.
    client.unassign();
  } catch {
    // A client that was refused may have none.
  }
  await call("leaving the group", 15_000, (done) => client.disconnect(() => done(null))).catch(() => undefined);
}

type StartOf = Lane & { readonly offset: number };

function outOfRange(detail: string, cause?: unknown): TandemError {
  return new TandemError(
    "LANE_OFFSET_OUT_OF_RANGE",
    `the next offset of a lane is no longer in its log (${detail}): retention or truncation removed records before they were processed. Lengthen retention.ms; to accept the loss, begin anew under a new pipeline name.`,
    { cause },
  );
}

export function fenced(cause: unknown): TandemError {
  return new TandemError(
    "INSTANCE_FENCED",
    `another live process runs this pipeline under the same name and instance (${asError(cause).message}): give each instance its own "instance"`,
    { cause },
  );
}
