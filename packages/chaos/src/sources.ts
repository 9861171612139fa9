import { deliveries, type Delivery, eventOf, history, Writer } from "@tandem-cdc/acceptance";

export interface SourcesOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly seed: number;
  /** Records per second, of both together. */
  readonly rate: number;
  /** For how long there is something to send. */
  readonly seconds: number;
}

/** Deliveries between two looks at the clock. */
const PACE = 20;

/**
 * Two connectors on one history, each a producer of its own: one lags behind the other, now and then one restarts and
 * sends its last changes again.
 */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #deliveries: readonly Delivery[];
  readonly #skewMs = { a: 0, b: 0 };
  #stopped = false;
  #sent = 0;

  /** Makes up the history. */
  constructor(options: SourcesOptions) {
    this.#options = options;
    const { partitions, rate, seconds, seed } = options;
    this.#deliveries = deliveries(history(Math.ceil((rate * seconds) / 2), partitions, seed), seed);
  }

  /** Records handed to Kafka so far, tombstones among them. */
  get sent(): number {
    return this.#sent;
  }

  /** Moves a source's clock: what it writes from now on says so. */
  setClock(source: "a" | "b", skewMs: number): void {
    this.#skewMs[source] = skewMs;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Sends at the rate asked for until it is stopped, or the history ends; resolves when all is written. */
  async run(): Promise<void> {
    const { bootstrap, rate, topic } = this.#options;
    const writers = {
      a: await new Writer(bootstrap, topic).open(),
      b: await new Writer(bootstrap, topic).open(),
    };
    const began = Date.now();
    for (const [i, delivery] of this.#deliveries.entries()) {
      if (i % PACE === 0) await until(began + (this.#sent / rate) * 1_000);
      if (this.#stopped) break;
      const { change, source } = delivery;
      const timestamp = Date.now() + this.#skewMs[source];
      const key = Buffer.from(change.key);
      const record = { partition: change.partition, key, headers: [{ connector: source }], timestamp };
      await writers[source].write({ ...record, value: Buffer.from(eventOf(delivery, timestamp)) });
      if (change.op === "d") await writers[source].write({ ...record, value: null });
      this.#sent += change.op === "d" ? 2 : 1;
    }
    await Promise.all([writers.a.close(), writers.b.close()]);
  }
}

/** Behind its time too, it lets others run: the network between the servers is a part of this process. */
function until(due: number): Promise<void> {
  const ms = due - Date.now();
  return new Promise((resolve) => {
    if (ms > 0) setTimeout(resolve, ms);
    else setImmediate(resolve);
  });
}
