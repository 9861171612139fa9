import { type Lane, laneId } from "@tandem-cdc/core";
import { call } from "./call.ts";
import type { Message } from "./rdkafka.ts";

const DEADLINE_MS = 60_000;

/** The part of a consumer that reads. */
interface Source {
  setDefaultConsumeTimeout(ms: number): void;
  consume(records: number, done: (error: Error | null | undefined, messages: Message[]) => void): void;
}

/**
 * Takes messages from the client. The client moves on with every message that it hands over, so whatever it answers
 * has to come out of some take: of the next one, when the answer is late or an error follows it.
 */
export class Intake {
  readonly #client: Source;
  readonly #records: number;
  readonly #waitMs: number;
  /** Asked for, and not yet taken: never more than one, for two answers could come in the wrong order. */
  #asked: Promise<Message[]> | undefined;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(client: Source, records: number, waitMs: number) {
    this.#client = client;
    this.#records = records;
    this.#waitMs = waitMs;
  }

  /**
   * What is there, without waiting for more; when nothing is, the first to come. The client's time-out holds per
   * message, so a call for many with a time-out gathers for as long as messages keep coming.
   */
  async take(): Promise<Message[]> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.thrown;
    const ready = await this.#consume(this.#records, 0);
    if (ready.length > 0) return ready;
    const first = await this.#consume(1, this.#waitMs);
    if (first.length === 0) return first;
    try {
      return first.concat(await this.#consume(this.#records - 1, 0));
    } catch (thrown) {
      this.#failure = { thrown };
      return first;
    }
  }

  /** Waits until nothing is under way, and drops what was read of these lanes: they are about to be read from elsewhere. */
  async forget(lanes: readonly Lane[]): Promise<void> {
    const asked = this.#asked;
    if (asked === undefined) return;
    await settled(asked);
    const gone = new Set(lanes.map((lane) => laneId(lane)));
    void this.#keep(asked.then((messages) => messages.filter((message) => !gone.has(laneId(message)))));
  }

  /** When this is late, what was asked stays, and the next call takes its answer. */
  async #consume(records: number, waitMs: number): Promise<Message[]> {
    const asked = this.#asked ?? this.#ask(records, waitMs);
    await settled(asked);
    this.#asked = undefined;
    return asked;
  }

  #ask(records: number, waitMs: number): Promise<Message[]> {
    return this.#keep(
      new Promise((resolve, reject) => {
        this.#client.setDefaultConsumeTimeout(waitMs);
        this.#client.consume(records, (error, messages) => {
          if (error !== null && error !== undefined) reject(error);
          else resolve(messages);
        });
      }),
    );
  }

  #keep(asked: Promise<Message[]>): Promise<Message[]> {
    // Nobody may be waiting when it fails; whoever takes it is told.
    asked.catch(() => undefined);
    return (this.#asked = asked);
  }
}

/** Throws only when there is no answer in time. */
function settled(asked: Promise<unknown>): Promise<void> {
  return call("polling", DEADLINE_MS, (answered) => {
    void asked.catch(() => undefined).then(() => answered(null));
  });
}
