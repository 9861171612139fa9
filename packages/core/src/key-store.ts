import type { Lane } from "./lane.ts";

/** Bytes of a key's digest, in every claim. Shorter digests (xxh64) are padded with zeros. */
export const DIGEST_BYTES = 16;

/**
 * Claims of one batch of one lane, in ascending order of coordinate, each key once. Columns, not objects: entry i is
 * `digests[i * DIGEST_BYTES ...]`, `buckets[i]`, `coordinates[i]`, `fingerprints[i]`. The columns may be longer than
 * `length`, and are reused by the caller after the answer.
 */
export interface ClaimBatch {
  readonly length: number;
  readonly digests: Uint8Array;
  /** Locality: neighbours in the log share a bucket. Safe integers. A key is (bucket, digest). */
  readonly buckets: Float64Array;
  /** The claiming records' offsets within the lane. Safe integers. */
  readonly coordinates: Float64Array;
  /** 32 bits of the change's content, to recognise copies that differ. */
  readonly fingerprints: Uint32Array;
}

/** Answers, aligned with the claims. */
export interface Owners {
  /** The coordinate that now owns the key: the claimant's own when it won. */
  readonly coordinates: Float64Array;
  /** The fingerprint that the owner stored. */
  readonly fingerprints: Uint32Array;
}

/** What a store promises less than it could, and the command or setting that mends it. */
export interface StoreWarning {
  readonly message: string;
  readonly fix: string;
}

/** What `health` answers. */
export type Health =
  | { readonly ok: true; readonly detail?: string; readonly warnings?: readonly StoreWarning[] }
  | { readonly ok: false; readonly detail: string };

/**
 * Where claims live: the stored facts "this key belongs to this coordinate of this lane".
 *
 * `claim` is put-if-absent that returns the current owner, for every claim of the batch:
 * - no owner yet: the claimant becomes the owner and is returned;
 * - owned by a **larger** coordinate: the claimant replaces it and is returned (a fenced instance wrote it);
 * - owned by an equal or smaller coordinate: that owner is returned and nothing changes.
 *
 * Hence claiming again as the same coordinate always gives the same answer: this is how a write whose outcome is
 * unknown is resolved.
 *
 * - The promise resolves when every claim is durable at the level that the store promises, and not before.
 * - A store that cannot answer rejects with a `TandemError` of code `STORE_UNAVAILABLE` (retriable). It never guesses.
 *   Part of the claims may have been written then; the caller claims all of them again.
 * - Claims are kept for at least the horizon that the store was made with.
 * - Keys are binary, compared by the bucket and at least the first 12 bytes of the digest. `length` 0 is allowed.
 * - The runtime has one `claim` per lane under way at most; lanes run concurrently.
 * - `signal` aborted: reject as soon as possible; writes under way may still take effect.
 */
export interface KeyStore {
  claim(lane: Lane, claims: ClaimBatch, signal: AbortSignal): Promise<Owners>;
  /**
   * The owners as they stand, without claiming: for explanations. Coordinate -1 where there is none. Leave it out where the
   * store cannot tell.
   */
  lookup?(lane: Lane, claims: ClaimBatch, signal: AbortSignal): Promise<Owners>;
  /** The lane was revoked: local copies of claims that another instance may now add to are dropped. */
  release?(lane: Lane): void;
  health(): Promise<Health>;
  /** Ends what the store itself opened. Claims that come after it reject. */
  close(): Promise<void>;
}
