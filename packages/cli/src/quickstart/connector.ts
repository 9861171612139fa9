import type { Writer } from "@tandem-cdc/kafka";
import { type Change, eventOf } from "./history.ts";

const encoder = new TextEncoder();

/** A simulated connector: sends the history in order, at least once. Its stored offset lags behind what it has sent. */
export class Connector {
  readonly name: "a" | "b";
  readonly #writer: Writer;
  readonly #topic: string;
  readonly #history: readonly Change[];
  readonly #header: { readonly key: string; readonly value: Uint8Array };
  #next = 0;
  /** Place in the transaction as the connector counts it: from 1 again after a restart in the middle, as Debezium does. */
  #order = 0;
  #transaction = 0;
  sent = 0;

  constructor(name: "a" | "b", writer: Writer, topic: string, history: readonly Change[]) {
    this.name = name;
    this.#writer = writer;
    this.#topic = topic;
    this.#history = history;
    this.#header = { key: "connector", value: encoder.encode(name) };
  }

  get at(): number {
    return this.#next;
  }
  get done(): boolean {
    return this.#next >= this.#history.length;
  }

  /** Sends up to `count` changes. */
  async send(count: number): Promise<void> {
    for (const change of this.#history.slice(this.#next, this.#next + count)) {
      this.#order = change.transaction === this.#transaction ? this.#order + 1 : 1;
      this.#transaction = change.transaction;
      const record = {
        topic: this.#topic,
        partition: change.partition,
        key: encoder.encode(change.key),
        headers: [this.#header],
        timestamp: Date.now(),
      };
      await this.#writer.write({ ...record, value: encoder.encode(eventOf(change, this.name, this.#order)) });
      if (change.op === "d") await this.#writer.write({ ...record, value: null });
      this.#next++;
      this.sent++;
    }
  }

  /** Comes back after a crash: at an offset stored a while ago, in the middle of a transaction where it can be. */
  restart(back: number): void {
    let at = Math.max(0, this.#next - back);
    while (at < this.#next && this.#history[at]?.row === 0) at++;
    this.#next = at;
    this.#transaction = 0;
  }
}
