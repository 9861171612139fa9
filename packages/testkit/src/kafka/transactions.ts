import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { BrokerError } from "./broker-error.ts";

/** What learns by a marker how a transaction ended: a partition, or a group's offsets. */
export interface Participant {
  endTransaction(transaction: Transaction, committed: boolean): void;
}

export interface Transaction {
  readonly producer: string;
  readonly participants: Set<Participant>;
  state: "open" | "ending";
}

/** What a producer has to show with every request. */
export interface ProducerEpoch {
  readonly id: string;
  readonly epoch: number;
}

interface ProducerState {
  epoch: number;
  transaction: Transaction | null;
  /** How the last transaction of this epoch ended, so that the same request twice gets the same answer. */
  ended: "committed" | "aborted" | null;
}

export interface TransactionTimes {
  /** After this long an open transaction is aborted and its producer fenced. */
  readonly timeoutMs: number;
  /** How long the marker of one participant may take; they are written one after the other. */
  markerMs(random: Random): number;
}

/** The transaction coordinator: producer epochs, and markers that become visible one after the other. */
export class Transactions {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #times: TransactionTimes;
  readonly #producers = new Map<string, ProducerState>();

  constructor(scheduler: Scheduler, random: Random, times: TransactionTimes) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#times = times;
  }

  /** Fences every earlier epoch of the id and aborts what it left open; asked again until that is done. */
  init(id: string): ProducerEpoch {
    let producer = this.#producers.get(id);
    if (producer === undefined) this.#producers.set(id, (producer = { epoch: -1, transaction: null, ended: null }));
    if (producer.transaction !== null) {
      if (producer.transaction.state === "open") this.#expel(producer, producer.transaction);
      throw new BrokerError("CONCURRENT_TRANSACTIONS", `${id} has a transaction that is ending`);
    }
    producer.epoch++;
    producer.ended = null;
    return { id, epoch: producer.epoch };
  }

  /** The producer's open transaction, begun where there is none, with one more participant. */
  join(shown: ProducerEpoch, participant: Participant): Transaction {
    const producer = this.#checked(shown);
    if (producer.transaction?.state === "ending")
      throw new BrokerError("CONCURRENT_TRANSACTIONS", `${shown.id} has a transaction that is ending`);
    producer.transaction ??= this.#begin(shown.id, producer);
    producer.transaction.participants.add(participant);
    return producer.transaction;
  }

  /**
   * Ends whatever transaction the epoch has open: the request does not say which one it means. A late one ends a later
   * transaction; that is Kafka's own protocol before KIP-890, and why an unknown outcome needs a new epoch.
   */
  end(shown: ProducerEpoch, commit: boolean): void {
    const producer = this.#checked(shown);
    const { transaction } = producer;
    if (transaction === null || transaction.state === "ending") {
      if (producer.ended === (commit ? "committed" : "aborted")) return;
      throw new BrokerError("INVALID_TXN_STATE", `${shown.id} has no open transaction`);
    }
    this.#finish(producer, transaction, commit);
  }

  #begin(id: string, producer: ProducerState): Transaction {
    const transaction: Transaction = { producer: id, participants: new Set(), state: "open" };
    producer.ended = null;
    this.#scheduler.unheard(this.#times.timeoutMs, () => {
      if (producer.transaction === transaction && transaction.state === "open") this.#expel(producer, transaction);
    });
    return transaction;
  }

  #expel(producer: ProducerState, transaction: Transaction): void {
    producer.epoch++;
    this.#finish(producer, transaction, false);
  }

  #finish(producer: ProducerState, transaction: Transaction, commit: boolean): void {
    transaction.state = "ending";
    producer.ended = commit ? "committed" : "aborted";
    const left = this.#random.shuffled(transaction.participants);
    const next = (): void => {
      const participant = left.pop();
      if (participant === undefined) {
        producer.transaction = null;
        return;
      }
      participant.endTransaction(transaction, commit);
      this.#scheduler.unheard(this.#times.markerMs(this.#random), next);
    };
    this.#scheduler.unheard(this.#times.markerMs(this.#random), next);
  }

  #checked({ epoch, id }: ProducerEpoch): ProducerState {
    const producer = this.#producers.get(id);
    if (producer === undefined || producer.epoch !== epoch)
      throw new BrokerError("PRODUCER_FENCED", `epoch ${epoch} of ${id} is over: ${producer?.epoch ?? "none"}`);
    return producer;
  }
}
