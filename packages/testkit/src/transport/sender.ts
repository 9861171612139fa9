import { type Batch, type LaneId, laneId, type LaneProgress, TransactionError } from "@tandem-cdc/core";
import type { FaultName } from "../faults.ts";
import type { Membership as Shown } from "../kafka/group.ts";
import type { LogRecord } from "../kafka/partition-log.ts";
import type { ProducerEpoch } from "../kafka/transactions.ts";
import { fenced, isBroker, transactionError, transportError, unavailable } from "./errors.ts";
import type { SimulatedTransportOptions } from "./simulated-transport.ts";

/** What a client waits for an answer of the transaction protocol, before the outcome counts as unknown. */
const DEADLINE_MS = 15_000;
/** Fenced so often within a minute, and two live processes take the id from each other. */
const FENCES = 3;

const encoder = new TextEncoder();

/** The transactional producer of one process. */
export class Sender {
  readonly #options: SimulatedTransportOptions;
  readonly #id: string;
  #producer: ProducerEpoch | null = null;
  /** The open transaction has something at the broker. */
  #begun = false;
  #refused: string | null = null;
  #fences: number[] = [];

  constructor(options: SimulatedTransportOptions) {
    this.#options = options;
    this.#id = `${options.name}-${options.instance}`;
  }

  /** A new epoch: what an earlier one left open is aborted first. */
  async open(): Promise<void> {
    const { faults, kafka, process } = this.#options;
    this.#producer = null;
    const now = process.clock.now();
    this.#fences = this.#fences.filter((at) => now - at < 60_000);
    if (this.#fences.length >= FENCES)
      throw fenced("its transactional producer was fenced three times within a minute");
    if (faults.strikes("producer-unavailable")) {
      await process.clock.sleep(process.random.between(100, 5_000));
      throw unavailable("initTransactions");
    }
    try {
      this.#producer = await this.#whileEnding(() => kafka.transactions.init(this.#id));
    } catch (thrown) {
      throw transportError("initTransactions", thrown);
    }
    this.#begun = false;
  }

  async begin(): Promise<void> {
    this.#get();
    this.#refused = null;
    await this.#options.process.clock.sleep(0);
  }

  /** Sends in pieces: a crash in between leaves a part of the batch in the log. */
  async produce(batch: Batch, outputTopic: (topic: string) => string): Promise<void> {
    const { kafka, process, refuses } = this.#options;
    const producer = this.#get();
    for (let i = 0; i < batch.length;) {
      const own = batch.topic(i);
      const topic = outputTopic(own);
      const lane = { topic, partition: batch.partition(i) };
      const piece: LogRecord[] = [];
      const most = 1 + process.random.below(batch.length);
      for (; i < batch.length && piece.length < most; i++) {
        if (batch.topic(i) !== own || batch.partition(i) !== lane.partition) break;
        const record = {
          key: batch.key(i),
          value: batch.value(i),
          headers: batch.headers(i),
          timestamp: batch.timestamp(i),
        };
        if (refuses?.(record) === true) this.#refused = `${laneId(lane)}: the record is too large`;
        else piece.push(record);
      }
      if (piece.length === 0) continue;
      this.#strike("produce-fatal", "fatal");
      this.#strike("produce-abortable", "abortable");
      const partitions = topic === own ? 1 : kafka.partitions(batch.lane.topic);
      await this.#step("produce", () => {
        kafka.createTopic(topic, Math.max(partitions, lane.partition + 1));
        kafka.produce(producer, lane, piece);
      });
    }
  }

  async commit(progress: readonly LaneProgress[], shown: Shown): Promise<void> {
    const { faults, kafka, name, process } = this.#options;
    const producer = this.#get();
    // Without delivery callbacks a refusal is known when the transaction is flushed.
    if (this.#refused !== null) throw new TransactionError("abortable", this.#refused, { recordAtFault: true });
    const timestamp = Math.floor(process.clock.now());
    const states = progress.map(({ lane, state }): LogRecord => ({
      key: encoder.encode(laneId(lane)),
      value: state,
      headers: [],
      timestamp,
    }));
    await this.#step("produce", () => kafka.produce(producer, { topic: `${name}.lanes`, partition: 0 }, states));
    this.#strike("offsets-abortable", "abortable");
    const offsets = new Map<LaneId, number>(progress.map(({ lane, nextOffset }) => [laneId(lane), nextOffset]));
    const send = (): void => kafka.sendOffsets(producer, name, shown, offsets);
    if (faults.strikes("offsets-unknown")) await this.#unknown("sendOffsetsToTransaction", send);
    await this.#step("sendOffsetsToTransaction", send);
    this.#strike("commit-abortable", "abortable");
    const end = (): void => kafka.transactions.end(producer, true);
    if (faults.strikes("commit-request-lost")) await this.#unknown("commitTransaction", null);
    if (faults.strikes("commit-answer-lost")) await this.#unknown("commitTransaction", end);
    if (faults.strikes("commit-late")) await this.#unknown("commitTransaction", end, true);
    await this.#step("commitTransaction", end);
    this.#begun = false;
  }

  async abort(): Promise<void> {
    const { faults, kafka } = this.#options;
    const producer = this.#get();
    if (!this.#begun) return;
    const end = (): void => kafka.transactions.end(producer, false);
    if (faults.strikes("abort-unknown"))
      await this.#unknown("abortTransaction", this.#options.process.random.chance(0.5) ? end : null);
    await this.#step("abortTransaction", end);
    this.#begun = false;
  }

  close(): void {
    this.#producer = null;
  }

  #get(): ProducerEpoch {
    if (this.#producer === null) throw new TransactionError("fatal", "there is no producer");
    return this.#producer;
  }

  #strike(fault: FaultName, fate: "abortable" | "fatal"): void {
    if (!this.#options.faults.strikes(fault)) return;
    if (fate === "fatal") this.#producer = null;
    throw new TransactionError(fate, `${fault} (a fault of the simulation)`);
  }

  async #step(what: string, effect: () => void): Promise<void> {
    this.#begun = true;
    try {
      await this.#whileEnding(effect);
    } catch (thrown) {
      if (isBroker(thrown, "PRODUCER_FENCED")) this.#fences.push(this.#options.process.clock.now());
      const error = transactionError(what, thrown);
      if (error.fate === "fatal") this.#producer = null;
      throw error;
    }
  }

  /** Nobody hears whether, or when, it took effect. Whoever goes on with this producer may meet the request later. */
  async #unknown(what: string, effect: (() => void) | null, late = false): Promise<never> {
    const { process } = this.#options;
    const { random } = process;
    const waitMs = DEADLINE_MS * random.between(0.05, 1);
    const afterMs = late ? waitMs + random.between(0, random.pick([50, 500, 20_000])) : 1;
    if (effect !== null) process.send(afterMs, () => silently(effect));
    await process.clock.sleep(waitMs);
    throw new TransactionError("fatal", `${what} did not answer: its outcome is unknown`);
  }

  /** A transaction whose markers are being written is waited for, as clients do. */
  async #whileEnding<T>(effect: () => T): Promise<T> {
    const { process } = this.#options;
    const deadline = process.clock.now() + DEADLINE_MS;
    for (;;) {
      try {
        return await process.call(effect);
      } catch (thrown) {
        if (!isBroker(thrown, "CONCURRENT_TRANSACTIONS") || process.clock.now() > deadline) throw thrown;
        await process.clock.sleep(process.random.between(5, 50));
      }
    }
  }
}

/** A request that arrives too late may be refused: nobody is there to hear it. */
function silently(effect: () => void): void {
  try {
    effect();
  } catch {
    // The refusal goes to a client that has given up.
  }
}
