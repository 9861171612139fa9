import { type Block, type BlockStore, type ClaimBatch, DIGEST_BYTES, type KeyStore, type Lane } from "@tandem-cdc/core";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
export const SIGNAL: AbortSignal = new AbortController().signal;
export const HOUR_MS = 3_600_000;

export function block(bucket: number, first: number, size = 40): Block {
  return { bucket, first, last: first + 1, bytes: new Uint8Array(size).fill(first) };
}

export async function loaded(store: BlockStore, bucket: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { first, last, bytes } of store.load(LANE, bucket, SIGNAL)) {
    if (bytes.some((byte) => byte !== first % 256)) throw new Error(`the bytes of ${first} are not what was written`);
    names.push(`${first}-${last}x${bytes.length}`);
  }
  return names.sort();
}

/** Claims these keys at coordinates from `at` on, and answers the owners; a hundred neighbours share a bucket. */
export async function claim(store: KeyStore, keys: readonly number[], at: number): Promise<number[]> {
  const digests = new Uint8Array(keys.length * DIGEST_BYTES);
  for (const [i, key] of keys.entries()) new DataView(digests.buffer).setUint32(i * DIGEST_BYTES, key);
  const batch: ClaimBatch = {
    length: keys.length,
    digests,
    buckets: Float64Array.from(keys, (key) => Math.floor(key / 100)),
    coordinates: Float64Array.from(keys, (_, i) => at + i),
    fingerprints: Uint32Array.from(keys),
  };
  return [...(await store.claim(LANE, batch, SIGNAL)).coordinates];
}

/** The first answer of `attempt` that is no retriable refusal. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 90_000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Error && "retriable" in error && error.retriable === true) || Date.now() > end)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * A log of keys that grows: every key comes twice, the second time some hundred records later. `step` claims the next
 * batch, throws where an owner is not the key's first coordinate, and goes on only when the batch was answered.
 */
export class Workload {
  readonly owners = new Map<number, number>();
  #coordinate = 0;
  #key = 0;

  async step(store: KeyStore): Promise<void> {
    const fresh = Array.from({ length: 60 }, (_, i) => this.#key + i);
    const again = Array.from({ length: 60 }, (_, i) => this.#key - 600 + i).filter((key) => key >= 0);
    const keys = [...again, ...fresh];
    const owners = await claim(store, keys, this.#coordinate);
    for (const [i, key] of keys.entries()) this.#check(key, owners[i] ?? -1, this.#coordinate + i);
    this.#coordinate += keys.length;
    this.#key += fresh.length;
  }

  /** Claims every key once more, much later: each has to have its owner still. Answers how many there were. */
  async verify(store: KeyStore): Promise<number> {
    const keys = [...this.owners.keys()];
    for (let i = 0; i < keys.length; i += 500) {
      const some = keys.slice(i, i + 500);
      const owners = await patiently(() => claim(store, some, 1_000_000_000 + i));
      for (const [j, key] of some.entries()) this.#check(key, owners[j] ?? -1, Number.NaN);
    }
    return keys.length;
  }

  #check(key: number, owner: number, coordinate: number): void {
    const expected = this.owners.get(key) ?? coordinate;
    if (owner !== expected) throw new Error(`key ${key} is owned by ${owner}, not by ${expected}`);
    this.owners.set(key, owner);
  }
}
