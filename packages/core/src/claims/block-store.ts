import type { Health } from "../key-store.ts";
import type { Lane } from "../lane.ts";

/**
 * The new claims of one batch in one bucket. A block is named by its lane, bucket, first and last coordinate: the same
 * name always stands for the same claims, so writing it twice changes nothing.
 */
export interface Block {
  /** A safe integer; negative for identities without locality. */
  readonly bucket: number;
  /** Coordinate of its first claim. */
  readonly first: number;
  /** Coordinate of its last claim. */
  readonly last: number;
  /** Opaque to the store; at most `MAX_BLOCK_BYTES`. */
  readonly bytes: Uint8Array;
}

/** What `load` gives back of a block. */
export type StoredBlock = Pick<Block, "first" | "last" | "bytes">;

/** Upper bound of one block's bytes: a transaction of a million rows makes many blocks, not a large one. */
export const MAX_BLOCK_BYTES: number = 64 * 1024;

/**
 * Where claims are kept as an append-only log of blocks; `packed` makes a `KeyStore` of it. Only one consumer owns a
 * lane, and claims are a function of the lane's log, so a store needs neither compare-and-set nor transactions.
 *
 * - `append` resolves when every block is durable at the level that the store promises, and not before. Blocks of one
 *   call may be written in any order, and part of them when it rejects: it is called again with the same blocks, and a
 *   block that is there already stays as it is.
 * - `load` gives every live block of a bucket whose `append` resolved before the call, in any order, in pages as it
 *   likes; an empty one for a bucket that nobody wrote to. Blocks of calls under way may be among them.
 * - A store that cannot answer rejects with a `TandemError` of code `STORE_UNAVAILABLE` (retriable); it never answers
 *   with part of a bucket.
 * - Blocks are kept for at least the time that the store was made with, from their write, on the store's clock.
 *   Forgotten blocks give duplicates, never loss.
 * - Two instances may race for a lane for a while (a fenced one that still runs): neither's blocks may remove the other's.
 * - `signal` aborted: reject as soon as possible; writes under way may still take effect.
 */
export interface BlockStore {
  load(lane: Lane, bucket: number, signal: AbortSignal): AsyncIterable<StoredBlock>;
  append(lane: Lane, blocks: readonly Block[], signal: AbortSignal): Promise<void>;
  health(): Promise<Health>;
  /** Ends what the store itself opened. No call follows. */
  close(): Promise<void>;
}
