import { type Lane, type LaneId, laneId } from "@tandem-cdc/core";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { BrokerError } from "./broker-error.ts";
import { Group, type GroupTimes, type Membership, type RebalanceProtocol } from "./group.ts";
import { type LogRecord, PartitionLog } from "./partition-log.ts";
import { type ProducerEpoch, Transactions, type TransactionTimes } from "./transactions.ts";

export interface SimulatedKafkaOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly group?: Partial<GroupTimes>;
  /** Default eager, as `packages/kafka` has it. */
  readonly protocol?: RebalanceProtocol;
  readonly transactions?: Partial<TransactionTimes>;
  /** Told of every record that is appended, also of those that are never committed, in order over all partitions. */
  readonly onAppend?: (lane: Lane, offset: number) => void;
}

/**
 * The brokers' side: logs, transactions, groups. Every method is one request that takes effect at once; what makes it
 * distributed (travel times, lost answers, crashes) is the business of whoever calls it.
 */
export class SimulatedKafka {
  readonly #topics = new Map<string, PartitionLog[]>();
  readonly #groups = new Map<string, Group>();
  readonly #scheduler: Scheduler;
  readonly #groupTimes: GroupTimes;
  readonly #protocol: RebalanceProtocol;
  readonly #onAppend: (lane: Lane, offset: number) => void;
  readonly transactions: Transactions;

  constructor({
    group,
    onAppend = () => undefined,
    protocol = "eager",
    random,
    scheduler,
    transactions,
  }: SimulatedKafkaOptions) {
    this.#scheduler = scheduler;
    this.#onAppend = onAppend;
    this.#protocol = protocol;
    this.#groupTimes = { sessionMs: 10_000, rebalanceMs: 60_000, ...group };
    this.transactions = new Transactions(scheduler, random, {
      timeoutMs: 15_000,
      markerMs: (r) => r.between(0.2, 5),
      ...transactions,
    });
  }

  // ---- topics ----

  /** A topic that exists is left as it is. */
  createTopic(topic: string, partitions: number): void {
    if (this.#topics.has(topic)) return;
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, (_, partition) => new PartitionLog({ topic, partition }, this.#onAppend)),
    );
  }

  /** Takes the groups' offsets with it, as Kafka does. */
  deleteTopic(topic: string): void {
    for (const { lane } of this.#topics.get(topic) ?? [])
      for (const group of this.#groups.values()) group.commit(lane, null);
    this.#topics.delete(topic);
  }

  addPartitions(topic: string, partitions: number): void {
    const logs = this.#logs(topic);
    for (let partition = logs.length; partition < partitions; partition++)
      logs.push(new PartitionLog({ topic, partition }, this.#onAppend));
  }

  get topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** 0: there is no such topic. */
  partitions(topic: string): number {
    return this.#topics.get(topic)?.length ?? 0;
  }

  log({ partition, topic }: Lane): PartitionLog {
    const log = this.#topics.get(topic)?.[partition];
    if (log === undefined) throw new BrokerError("UNKNOWN_TOPIC_OR_PARTITION", laneId({ topic, partition }));
    return log;
  }

  logsOf(topic: string): readonly PartitionLog[] {
    return this.#topics.get(topic) ?? [];
  }

  /** The newest committed value per key, and where the topic's readable part ends. */
  newestByKey(topic: string): ReadonlyMap<string, Uint8Array> {
    const newest = new Map<string, Uint8Array>();
    for (const log of this.logsOf(topic))
      for (const { key, value } of log.read(log.start)) {
        const id = decoder.decode(key ?? new Uint8Array(0));
        if (value === null) newest.delete(id);
        else newest.set(id, value);
      }
    return newest;
  }

  // ---- groups and transactions ----

  group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group(
        () => this.#scheduler.now,
        this.#groupTimes,
        (topic) => this.partitions(topic),
        this.#protocol,
      );
      this.#groups.set(name, group);
    }
    return group;
  }

  produce(producer: ProducerEpoch, lane: Lane, records: readonly LogRecord[]): void {
    const log = this.log(lane);
    const transaction = this.transactions.join(producer, log);
    for (const record of records) log.append(record, transaction);
  }

  sendOffsets(
    producer: ProducerEpoch,
    name: string,
    membership: Membership,
    offsets: ReadonlyMap<LaneId, number>,
  ): void {
    const group = this.group(name);
    const transaction = this.transactions.join(producer, group);
    group.check(membership);
    group.commitInTransaction(transaction, offsets);
  }

  #logs(topic: string): PartitionLog[] {
    const logs = this.#topics.get(topic);
    if (logs === undefined) throw new BrokerError("UNKNOWN_TOPIC_OR_PARTITION", topic);
    return logs;
  }
}

const decoder = new TextDecoder();
