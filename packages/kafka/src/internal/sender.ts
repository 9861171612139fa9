import { type Batch, type LaneProgress, laneId, TandemError, TransactionError } from "@tandem-cdc/core";
import { call } from "./call.ts";
import { connected } from "./connected.ts";
import { codeOf, ERR, isResumable, produceError, transactionError, transportError } from "./errors.ts";
import { outgoingBytes, outgoingHeaders, outgoingTimestamp } from "./outgoing.ts";
import { type KafkaConsumer, native, type Producer } from "./rdkafka.ts";
import type { OutputTopics } from "./topics.ts";

/** Each call of the transaction protocol. Its own deadline comes a little later: then the outcome is unknown. */
const TXN_TIMEOUT_MS = 15_000;
const GRACE_MS = 5_000;
const COMMIT_SLICE_MS = 2_000;

/** The transactional producer: one transaction at a time. */
export class Sender {
  readonly #conf: Record<string, unknown>;
  readonly #topics: OutputTopics;
  readonly #stateTopic: string;
  #producer: Producer | undefined;
  #toldOfEmpty = false;
  readonly #notice: (text: string) => void;

  constructor(conf: Record<string, unknown>, topics: OutputTopics, stateTopic: string, notice: (text: string) => void) {
    this.#conf = conf;
    this.#topics = topics;
    this.#stateTopic = stateTopic;
    this.#notice = notice;
  }

  /** Connects, and aborts whatever a predecessor of this id left open. */
  async open(): Promise<void> {
    const producer = new (native().Producer)(this.#conf);
    producer.on("event.error", () => undefined);
    try {
      await connected("connecting the producer", producer);
      await call("initTransactions", 30_000 + GRACE_MS, (done) => producer.initTransactions(30_000, done));
    } catch (thrown) {
      await dispose(producer);
      throw transportError("starting the transactional producer", thrown);
    }
    this.#producer = producer;
  }

  /** A new producer under the same id: the old one is of no more use. */
  async renew(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** Writes a record beside the lane states, in a transaction of its own. A producer that cannot is replaced. */
  async note(key: string, value: string): Promise<void> {
    try {
      const producer = this.#get();
      await this.begin();
      await this.#sorted(`producing ${key}`, () =>
        Promise.resolve(producer.produce(this.#stateTopic, 0, Buffer.from(value), Buffer.from(key), Date.now())),
      );
      await this.#sorted("commitTransaction", () => commitInSlices(producer));
    } catch (thrown) {
      await this.renew();
      throw thrown;
    }
  }

  async begin(): Promise<void> {
    const producer = this.#get();
    producer.poll();
    await this.#step("beginTransaction", GRACE_MS, (done) => producer.beginTransaction(done));
  }

  async produce(batch: Batch, partitions: number, outputTopic: (topic: string) => string): Promise<void> {
    const producer = this.#get();
    for (let i = 0; i < batch.length; i++) {
      const own = batch.topic(i);
      const topic = outputTopic(own);
      const partition = batch.partition(i);
      const needed = Math.max(partition + 1, own === batch.lane.topic ? partitions : 1);
      if (!this.#topics.knows(topic, needed)) {
        // What goes to a topic by its own name is a dead letter or the like: one partition will do.
        const wanted = topic === own ? needed : Math.max(needed, partitions, this.#topics.least);
        try {
          await this.#topics.ensure(producer, topic, needed, wanted);
        } catch (thrown) {
          throw isNowhere(thrown, batch, i)
            ? produceError(thrown, { lane: batch.lane, offset: batch.offset(i) })
            : thrown;
        }
      }
      if (!this.#send(producer, batch, i, topic, partition))
        await whenRoom(producer, () => this.#send(producer, batch, i, topic, partition));
    }
  }

  /** False when the send queue is full. */
  #send(producer: Producer, batch: Batch, i: number, topic: string, partition: number): boolean {
    try {
      const own = batch.headers(i);
      if (own.length > 0 && !this.#toldOfEmpty) this.#tellOfEmpty(batch, i);
      const headers = outgoingHeaders(own);
      const timestamp = outgoingTimestamp(batch.timestamp(i));
      producer.produce(
        topic,
        partition,
        outgoingBytes(batch.value(i)),
        outgoingBytes(batch.key(i)),
        timestamp,
        undefined,
        headers,
      );
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === ERR.queueFull) return false;
      throw produceError(thrown, { lane: batch.lane, offset: batch.offset(i) });
    }
  }

  /** The client reads a null header as an empty one: the only change that it hides. */
  #tellOfEmpty(batch: Batch, i: number): void {
    const empty = batch.headers(i).find(({ value }) => value?.length === 0);
    if (empty === undefined) return;
    this.#toldOfEmpty = true;
    this.#notice(
      `header "${empty.key}" of record ${laneId(batch.lane)}@${batch.offset(i)} is empty or null: node-rdkafka does not tell which, so such headers go out as empty`,
    );
  }

  #sendState(producer: Producer, { lane, state }: LaneProgress): boolean {
    try {
      producer.produce(this.#stateTopic, 0, outgoingBytes(state), Buffer.from(laneId(lane)), Date.now());
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === ERR.queueFull) return false;
      throw transactionError(`producing the state of lane ${laneId(lane)}`, thrown);
    }
  }

  async commit(progress: readonly LaneProgress[], consumer: KafkaConsumer): Promise<void> {
    const producer = this.#get();
    for (const lane of progress)
      if (!this.#sendState(producer, lane)) await whenRoom(producer, () => this.#sendState(producer, lane));
    const offsets = progress.map(({ lane, nextOffset }) => ({ ...lane, offset: nextOffset }));
    await this.#step("sendOffsetsToTransaction", TXN_TIMEOUT_MS + GRACE_MS, (done) =>
      producer.sendOffsetsToTransaction(offsets, consumer, TXN_TIMEOUT_MS, done),
    );
    await this.#sorted("commitTransaction", () => commitInSlices(producer));
  }

  async abort(): Promise<void> {
    const producer = this.#get();
    await this.#step("abortTransaction", TXN_TIMEOUT_MS + GRACE_MS, (done) =>
      producer.abortTransaction(TXN_TIMEOUT_MS, done),
    );
  }

  async close(): Promise<void> {
    const old = this.#producer;
    this.#producer = undefined;
    if (old !== undefined) await dispose(old);
  }

  #get(): Producer {
    if (this.#producer === undefined) throw new TransactionError("fatal", "there is no producer");
    return this.#producer;
  }

  #step(what: string, deadlineMs: number, start: Parameters<typeof call<void>>[2]): Promise<void> {
    return this.#sorted(what, () => call(what, deadlineMs, start));
  }

  async #sorted(what: string, attempt: () => Promise<void>): Promise<void> {
    try {
      await attempt();
    } catch (thrown) {
      throw transactionError(what, thrown);
    }
  }
}

/**
 * A commit that timed out may be resumed by the same call, which then tells at once that a delivery was refused: the
 * flush inside the first call would wait for the refused records' neighbours in vain.
 */
async function commitInSlices(producer: Producer): Promise<void> {
  for (const deadline = Date.now() + TXN_TIMEOUT_MS; ;) {
    try {
      await call("commitTransaction", COMMIT_SLICE_MS + GRACE_MS, (done) =>
        producer.commitTransaction(COMMIT_SLICE_MS, done),
      );
      return;
    } catch (thrown) {
      if (!isResumable(thrown) || Date.now() >= deadline) throw thrown;
    }
  }
}

/** Repeats `send` until the queue took the record. */
async function whenRoom(producer: Producer, send: () => boolean): Promise<void> {
  const deadline = Date.now() + TXN_TIMEOUT_MS;
  do {
    if (Date.now() > deadline)
      throw new TransactionError("abortable", "the send queue stays full: the brokers do not take records");
    producer.poll();
    await new Promise((resolve) => setTimeout(resolve, 2));
  } while (!send());
}

/** Ends a producer in any state, in bounded time. */
async function dispose(producer: Producer): Promise<void> {
  try {
    await call("closing the producer", 10_000, (done) => {
      if (producer.isConnected())
        (producer as unknown as { disconnect(ms: number, cb: () => void): void }).disconnect(100, () => done(null));
      else done(null);
    });
  } catch (thrown) {
    if (!(thrown instanceof TandemError)) return;
  }
}

/** Whether a transform sends the record to what cannot be: no topic has that name, or the topic has no such partition. */
function isNowhere(thrown: unknown, batch: Batch, i: number): boolean {
  if (!(thrown instanceof TandemError)) return false;
  const moved = batch.topic(i) !== batch.lane.topic || batch.partition(i) !== batch.lane.partition;
  const code = codeOf(thrown.cause);
  return moved && (thrown.code === "CONFIG_INVALID" || code === ERR.invalidTopic || code === ERR.invalidPartitions);
}
