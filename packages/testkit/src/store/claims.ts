import { type ClaimBatch, DIGEST_BYTES } from "@tandem-cdc/core";

/** Claims `from` to `to` of a batch, copied: the caller uses its columns again. */
export function copyClaims(batch: ClaimBatch, from = 0, to: number = batch.length): ClaimBatch {
  return {
    length: to - from,
    digests: batch.digests.slice(from * DIGEST_BYTES, to * DIGEST_BYTES),
    buckets: batch.buckets.slice(from, to),
    coordinates: batch.coordinates.slice(from, to),
    fingerprints: batch.fingerprints.slice(from, to),
  };
}

/** Key i of a batch of claims as text: bucket and digest. */
export function claimKey(digests: Uint8Array, buckets: Float64Array, i: number): string {
  const digest = Buffer.from(digests.buffer, digests.byteOffset + i * DIGEST_BYTES, DIGEST_BYTES).toString("latin1");
  return `${buckets[i]}/${digest}`;
}
