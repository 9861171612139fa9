import { type Block, type BlockStore, type ClaimBatch, DIGEST_BYTES, type KeyStore, type Lane } from "@tandem-cdc/core";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
export const SIGNAL: AbortSignal = new AbortController().signal;
export const HOUR_MS = 3_600_000;

export function block(
  bucket: number,
  first: number,
  last: number,
  bytes: Uint8Array = Uint8Array.of(1, 0, 255),
): Block {
  return { bucket, first, last, bytes };
}

export async function loaded(store: BlockStore, bucket: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { first, last } of store.load(LANE, bucket, SIGNAL)) names.push(`${first}-${last}`);
  return names.sort();
}

/** Claims the keys `first`, `first + 1`, ... at coordinates from `at` on; a hundred keys share a bucket. Answers the owners. */
export async function claim(store: KeyStore, first: number, count: number, at: number): Promise<number[]> {
  const keys = Array.from({ length: count }, (_, i) => first + i);
  const digests = new Uint8Array(count * DIGEST_BYTES);
  for (const [i, key] of keys.entries()) new DataView(digests.buffer).setUint32(i * DIGEST_BYTES, key);
  const batch: ClaimBatch = {
    length: count,
    digests,
    buckets: Float64Array.from(keys, (key) => Math.floor(key / 100)),
    coordinates: Float64Array.from(keys, (_, i) => at + i),
    fingerprints: Uint32Array.from(keys),
  };
  return [...(await store.claim(LANE, batch, SIGNAL)).coordinates];
}

export function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The first answer of `attempt` that is no retriable refusal; each of those goes to `refused`. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  refused: (error: unknown) => void = () => {},
): Promise<T> {
  for (const end = Date.now() + 60_000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Error && "retriable" in error && error.retriable === true) || Date.now() > end)
        throw error;
      refused(error);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
