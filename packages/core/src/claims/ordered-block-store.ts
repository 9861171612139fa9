import { type Clock, systemClock } from "../clock.ts";
import { TandemError } from "../errors.ts";
import type { Health } from "../key-store.ts";
import type { Lane } from "../lane.ts";
import type { Block, BlockStore, StoredBlock } from "./block-store.ts";
import { BucketExpiry } from "./bucket-expiry.ts";
import { coordinatesOf, OrderedKeys } from "./ordered-keys.ts";

export type KeyValue = readonly [key: Uint8Array, value: Uint8Array];

/** An embedded store whose keys are ordered by their bytes: LevelDB, RocksDB, and their like. Errors are `TandemError`s. */
export interface OrderedKeyValues {
  /** All or none; resolves when they are durable at the level that the store promises. */
  write(entries: readonly KeyValue[]): Promise<void>;
  /** Everything with `from <= key < to`, in order. What is written meanwhile may be among it. The bytes are the reader's. */
  range(from: Uint8Array, to: Uint8Array): AsyncIterable<KeyValue>;
  /** Need not be durable. */
  deleteRange(from: Uint8Array, to: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface OrderedBlockStoreOptions {
  /** Pipelines of different names do not meet. */
  readonly namespace: string;
  /** How long claims have to live; buckets are kept a quarter longer, from their last write. */
  readonly horizonMs: number;
  readonly clock?: Clock;
}

/**
 * A block store over ordered keys and values. A block is one entry, so that a bucket is one range; beside its blocks
 * every bucket has one entry that says when it was last written to. Whole buckets are dropped by it.
 */
export async function orderedBlockStore(
  open: () => Promise<OrderedKeyValues>,
  options: OrderedBlockStoreOptions,
): Promise<BlockStore> {
  if (options.namespace === "" || options.namespace.length > 1_000)
    throw new TypeError("namespace has to have 1 to 1,000 characters");
  if (!(options.horizonMs > 0)) throw new TypeError("horizonMs has to be positive");
  return new OrderedBlockStore(await open(), options);
}

class OrderedBlockStore implements BlockStore {
  readonly #store: OrderedKeyValues;
  readonly #keys: OrderedKeys;
  readonly #expiry: BucketExpiry;
  #closed = false;

  constructor(store: OrderedKeyValues, { clock = systemClock, horizonMs, namespace }: OrderedBlockStoreOptions) {
    this.#store = store;
    this.#keys = new OrderedKeys(namespace);
    this.#expiry = new BucketExpiry(store, this.#keys, horizonMs * 1.25, clock);
  }

  async *load(lane: Lane, bucket: number, signal: AbortSignal): AsyncGenerator<StoredBlock> {
    this.#check(signal);
    const { from, to } = this.#keys.blocks(lane, bucket);
    for await (const [key, bytes] of this.#store.range(from, to)) {
      signal.throwIfAborted();
      yield { ...coordinatesOf(key), bytes };
    }
  }

  async append(lane: Lane, blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    this.#check(signal);
    if (blocks.length === 0) return;
    const entries = blocks.map((block): KeyValue => [this.#keys.block(lane, block), block.bytes]);
    const buckets = [...new Set(blocks.map(({ bucket }) => bucket))].map((bucket) => this.#keys.written(lane, bucket));
    await this.#expiry.writing(buckets, (stamps) => this.#store.write([...entries, ...stamps]));
  }

  async health(): Promise<Health> {
    const { from, to } = this.#keys.allWritten();
    try {
      for await (const _ of this.#store.range(from, to)) break;
      return { ok: true };
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#expiry.stop();
    await this.#store.close();
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#closed) throw new TandemError("STORE_UNAVAILABLE", "the block store was closed");
  }
}
