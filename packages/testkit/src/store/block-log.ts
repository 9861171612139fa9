import { type Block, type BlockStore, type Clock, type LaneId, laneId, TandemError } from "@tandem-cdc/core";
import type { Strikes } from "../faults.ts";
import type { Random } from "../random.ts";

interface Written {
  readonly block: Block;
  readonly expiresAt: number;
}

export interface BlockLogOptions {
  readonly now: () => number;
  /** How long a block is kept from its write. Default: for ever. */
  readonly keptMs?: number;
}

/** A block store outside of every process, by the book and no more: a block is gone as soon as it may be. */
export function blockLog({ keptMs = Infinity, now }: BlockLogOptions): BlockStore {
  const buckets = new Map<string, Map<string, Written>>();
  const bucketOf = (lane: LaneId, bucket: number): Map<string, Written> => {
    const id = `${lane}/${bucket}`;
    const known = buckets.get(id) ?? new Map<string, Written>();
    buckets.set(id, known);
    return known;
  };
  return {
    async *load(lane, bucket, signal) {
      for (const { block, expiresAt } of bucketOf(laneId(lane), bucket).values()) {
        signal.throwIfAborted();
        if (expiresAt > now()) yield block;
      }
    },
    async append(lane, blocks, signal) {
      signal.throwIfAborted();
      for (const block of blocks) {
        const written = bucketOf(laneId(lane), block.bucket);
        const name = `${block.first}-${block.last}`;
        if ((written.get(name)?.expiresAt ?? -Infinity) <= now())
          written.set(name, { block: { ...block, bytes: block.bytes.slice() }, expiresAt: now() + keptMs });
      }
    },
    async health() {
      return { ok: true };
    },
    // Its life is not a process's.
    async close() {},
  };
}

export interface FaultyBlocksOptions {
  readonly random: Random;
  /** Of the process that uses the store. */
  readonly clock: Clock;
  readonly faults: Strikes;
  readonly down?: () => boolean;
}

function timedOut(why: string): TandemError {
  return new TandemError("STORE_UNAVAILABLE", `${why} (a fault of the simulation)`, { retriable: true });
}

/** A block store behind the same bad network as `faultyStore`, in virtual time. */
export function faultyBlocks(
  blocks: BlockStore,
  { clock, down = () => false, faults, random }: FaultyBlocksOptions,
): BlockStore {
  const travel = async (signal: AbortSignal): Promise<void> => {
    await clock.sleep(random.between(0.2, faults.strikes("store-slow") ? 3_000 : 4), signal);
    signal.throwIfAborted();
    if (!down()) return;
    await clock.sleep(random.between(50, 1_000), signal);
    throw timedOut("the store is down");
  };
  return {
    async *load(lane, bucket, signal) {
      await travel(signal);
      if (faults.strikes("store-load-failed")) throw timedOut("timed out before the bucket was loaded");
      const found: { readonly first: number; readonly last: number; readonly bytes: Uint8Array }[] = [];
      for await (const block of blocks.load(lane, bucket, signal)) found.push(block);
      for (const [i, block] of found.entries()) {
        // Pages: other writes happen between them.
        if (i > 0 && random.chance(0.3)) await clock.sleep(random.between(0.2, 4), signal);
        signal.throwIfAborted();
        yield block;
      }
    },
    async append(lane, made, signal) {
      const sent = made.map((block) => ({ ...block, bytes: block.bytes.slice() }));
      await travel(signal);
      if (faults.strikes("store-timeout-before-write")) throw timedOut("timed out before the write");
      if (faults.strikes("store-late-write")) {
        const late = clock.sleep(random.between(500, 30_000));
        void late.then(() => blocks.append(lane, sent, new AbortController().signal));
        throw timedOut("timed out; the write is on its way");
      }
      if (faults.strikes("store-partial-write")) {
        await blocks.append(
          lane,
          sent.filter(() => random.chance(0.5)),
          signal,
        );
        throw timedOut("timed out with a part of the blocks written");
      }
      await blocks.append(lane, sent, signal);
      if (faults.strikes("store-timeout-after-write")) throw timedOut("timed out after the write");
      await clock.sleep(random.between(0.2, 4), signal);
    },
    health: async () => (down() ? { ok: false, detail: "down" } : blocks.health()),
    close: () => blocks.close(),
  };
}
