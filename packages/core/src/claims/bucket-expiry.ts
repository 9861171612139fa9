import type { Clock } from "../clock.ts";
import type { KeyValue, OrderedKeyValues } from "./ordered-block-store.ts";
import type { OrderedKeys } from "./ordered-keys.ts";

/** Old buckets are looked for this often in a kept lifetime. */
const SWEEPS = 8;

/**
 * Drops whole buckets that were written to last longer ago than the kept lifetime: at the start, and now and then when
 * something is written. Nobody waits for it, but who writes to the very bucket that is being dropped.
 */
export class BucketExpiry {
  readonly #store: OrderedKeyValues;
  readonly #keys: OrderedKeys;
  readonly #keptMs: number;
  readonly #clock: Clock;
  /** Buckets with a write under way, and how many. */
  readonly #writing = new Map<string, number>();
  /** While a sweep runs: buckets that were written to since it began. Their stamps may be newer than what it reads. */
  #touched: Set<string> | null = null;
  /** The bucket that is being dropped. */
  #dropping: { readonly bucket: string; readonly done: Promise<void> } | null = null;
  #swept = -Infinity;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(store: OrderedKeyValues, keys: OrderedKeys, keptMs: number, clock: Clock) {
    this.#store = store;
    this.#keys = keys;
    this.#keptMs = keptMs;
    this.#clock = clock;
    this.#sweepNowAndThen();
  }

  /** `write` to these buckets, with an entry for each that says when. */
  async writing(written: readonly Uint8Array[], write: (stamps: readonly KeyValue[]) => Promise<void>): Promise<void> {
    const names = written.map((key) => nameOf(key));
    for (const name of names) {
      this.#writing.set(name, (this.#writing.get(name) ?? 0) + 1);
      this.#touched?.add(name);
    }
    try {
      while (this.#dropping !== null && names.includes(this.#dropping.bucket)) await this.#dropping.done;
      const now = stampOf(this.#clock.now());
      await write(written.map((key): KeyValue => [key, now]));
    } finally {
      for (const name of names) this.#ended(name);
    }
    this.#sweepNowAndThen();
  }

  /** No bucket is dropped afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sweeping;
  }

  #ended(name: string): void {
    const left = (this.#writing.get(name) ?? 1) - 1;
    if (left === 0) this.#writing.delete(name);
    else this.#writing.set(name, left);
  }

  #sweepNowAndThen(): void {
    const now = this.#clock.now();
    if (this.#touched !== null || this.#stopped || now - this.#swept < this.#keptMs / SWEEPS) return;
    this.#swept = now;
    this.#touched = new Set(this.#writing.keys());
    // A sweep that fails costs disk only; the next one begins from the start, and `health` tells of a store that is down.
    this.#sweeping = this.#sweep(now - this.#keptMs)
      .catch(() => undefined)
      .finally(() => (this.#touched = null));
  }

  async #sweep(before: number): Promise<void> {
    const { from, to } = this.#keys.allWritten();
    for await (const [key, stamp] of this.#store.range(from, to)) {
      if (this.#stopped) return;
      const bucket = nameOf(key);
      if (timeOf(stamp) >= before || this.#touched?.has(bucket) === true) continue;
      const drop = this.#drop(key).finally(() => (this.#dropping = null));
      this.#dropping = { bucket, done: drop.catch(() => undefined) };
      await drop;
    }
  }

  /** The stamp goes last: what is left of a bucket that was dropped in part is found again. */
  async #drop(written: Uint8Array): Promise<void> {
    const { from, to } = this.#keys.blocksOf(written);
    await this.#store.deleteRange(from, to);
    await this.#store.deleteRange(written, Uint8Array.from([...written, 0]));
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString("latin1");
}

function stampOf(time: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, time);
  return bytes;
}

function timeOf(stamp: Uint8Array): number {
  return new DataView(stamp.buffer, stamp.byteOffset, 8).getFloat64(0);
}
