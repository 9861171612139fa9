import { type Clock, systemClock } from "../clock.ts";
import { TandemError } from "../errors.ts";
import { DIGEST_BYTES, type ClaimBatch, type Health, type KeyStore, type Owners } from "../key-store.ts";
import { type Lane, type LaneId, laneId } from "../lane.ts";
import { BlockWriter, readBlock } from "./block-format.ts";
import type { Block, BlockStore } from "./block-store.ts";
import { ClaimTable } from "./claim-table.ts";
import { LaneTables } from "./lane-tables.ts";

export interface PackedOptions {
  /** How long claims have to live. They are kept a quarter longer, here and (by its own option) in the block store. */
  readonly horizonMs: number;
  /** Claims held in memory at most, about 50 bytes each, over all lanes; buckets beyond are dropped and loaded again. Default 5 million. */
  readonly maxClaims?: number;
  readonly clock?: Clock;
}

/** Buckets loaded at the same time. */
const LOADS = 16;

/**
 * A key store over a log of blocks. A local table per bucket answers; a bucket that is not in memory is loaded once;
 * each batch costs one small write per bucket that it has new claims in. Where blocks name a key twice (a fenced
 * instance wrote late), the smallest owner wins.
 */
export function packed(blocks: BlockStore, options: PackedOptions): KeyStore {
  checkPacked(options);
  return new PackedStore(blocks, options);
}

/** Throws TypeError on options that `packed` refuses: for a store to ask before it opens its blocks. */
export function checkPacked({ horizonMs, maxClaims = 1 }: PackedOptions): void {
  if (!(horizonMs > 0)) throw new TypeError(`horizonMs has to be above 0, not ${horizonMs}`);
  if (!(maxClaims > 0)) throw new TypeError(`maxClaims has to be above 0, not ${maxClaims}`);
}

class PackedStore implements KeyStore {
  readonly #blocks: BlockStore;
  readonly #clock: Clock;
  readonly #maxClaims: number;
  readonly #tables: LaneTables;
  /**
   * Blocks whose append was not acknowledged, by lane. Their claims stand in the tables, which therefore stay pinned: a
   * table that is dropped and loaded again would lack them.
   */
  readonly #unacknowledged = new Map<LaneId, readonly Block[]>();
  readonly #pinned = new Set<ClaimTable>();
  #closed = false;

  constructor(blocks: BlockStore, { horizonMs, maxClaims = 5_000_000, clock = systemClock }: PackedOptions) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#maxClaims = maxClaims;
    this.#tables = new LaneTables(horizonMs * 1.25, clock.now());
  }

  async claim(lane: Lane, claims: ClaimBatch, signal: AbortSignal): Promise<Owners> {
    signal.throwIfAborted();
    if (this.#closed) throw new TandemError("STORE_UNAVAILABLE", "the key store was closed");
    await this.#append(lane, [], signal);
    const tables = await this.#tablesOf(lane, claims, signal);
    const { made, owners } = this.#claim(claims, tables);
    await this.#append(lane, made, signal);
    return owners;
  }

  /** From the blocks alone, in tables of its own: what is in memory stays as it is, and nothing is written. */
  async lookup(lane: Lane, claims: ClaimBatch, signal: AbortSignal): Promise<Owners> {
    signal.throwIfAborted();
    if (this.#closed) throw new TandemError("STORE_UNAVAILABLE", "the key store was closed");
    const owners = {
      coordinates: new Float64Array(claims.length).fill(-1),
      fingerprints: new Uint32Array(claims.length),
    };
    const now = this.#clock.now();
    for (const bucket of new Set(claims.buckets.subarray(0, claims.length))) {
      const table = new ClaimTable(now);
      await this.#load(lane, bucket, table, now, signal);
      for (let i = 0; i < claims.length; i++) {
        const entry = claims.buckets[i] === bucket ? table.find(claims.digests, i * DIGEST_BYTES) : -1;
        if (entry < 0) continue;
        owners.coordinates[i] = table.coordinate(entry);
        owners.fingerprints[i] = table.fingerprint(entry);
      }
    }
    return owners;
  }

  /** Without the lane's tables the next owner of the lane, who may be us, loads them anew: blocks under way are no loss. */
  release(lane: Lane): void {
    for (const { bucket } of this.#unacknowledged.get(laneId(lane)) ?? []) this.#unpin(lane, bucket);
    this.#unacknowledged.delete(laneId(lane));
    this.#tables.drop(lane);
  }

  health(): Promise<Health> {
    return this.#blocks.health();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tables.clear();
    await this.#blocks.close();
  }

  /** The tables of the batch's buckets, loaded where they are not in memory; all or none. */
  async #tablesOf(lane: Lane, { buckets, length }: ClaimBatch, signal: AbortSignal): Promise<Map<number, ClaimTable>> {
    const now = this.#clock.now();
    // Before the batch's tables are looked up: buckets that every batch touches have to expire too.
    this.#tables.sweep(now, false, (table) => this.#pinned.has(table));
    const tables = new Map<number, ClaimTable>();
    const missing: number[] = [];
    for (let i = 0; i < length; i++) {
      const bucket = buckets[i] ?? 0;
      if ((i > 0 && bucket === buckets[i - 1]) || tables.has(bucket)) continue;
      const known = this.#tables.get(lane, bucket);
      if (known === undefined) missing.push(bucket);
      tables.set(bucket, known ?? new ClaimTable(now));
    }
    if (this.#tables.claims > this.#maxClaims) {
      const inUse = new Set(tables.values());
      this.#tables.evict(this.#maxClaims * 0.9, (table) => this.#pinned.has(table) || inUse.has(table));
    }
    const load = async (): Promise<void> => {
      for (let bucket = missing.pop(); bucket !== undefined; bucket = missing.pop())
        await this.#load(lane, bucket, tables.get(bucket) as ClaimTable, now, signal);
    };
    const loaded = [...missing];
    await Promise.all(Array.from({ length: Math.min(LOADS, missing.length) }, load));
    for (const bucket of loaded) this.#tables.set(lane, bucket, tables.get(bucket) as ClaimTable);
    return tables;
  }

  async #load(lane: Lane, bucket: number, into: ClaimTable, now: number, signal: AbortSignal): Promise<void> {
    for await (const { bytes, first } of this.#blocks.load(lane, bucket, signal))
      readBlock(bytes, first, (digests, at, coordinate, fingerprint) =>
        into.claim(digests, at, coordinate, fingerprint, now),
      );
    signal.throwIfAborted();
  }

  /** The owners, and blocks of the claims that were won. */
  #claim(
    claims: ClaimBatch,
    tables: ReadonlyMap<number, ClaimTable>,
  ): { readonly owners: Owners; readonly made: readonly Block[] } {
    const { buckets, coordinates, digests, fingerprints, length } = claims;
    const owners = { coordinates: new Float64Array(length), fingerprints: new Uint32Array(length) };
    const writers = new Map<number, BlockWriter>();
    const now = this.#clock.now();
    let last = Number.NaN;
    let table: ClaimTable | undefined;
    let writer: BlockWriter | undefined;
    for (let i = 0; i < length; i++) {
      const bucket = buckets[i] ?? 0;
      if (bucket !== last) {
        last = bucket;
        table = tables.get(bucket);
        writer = writers.get(bucket);
      }
      if (table === undefined) throw new TypeError(`bucket ${bucket} is not there`);
      const coordinate = coordinates[i] ?? 0;
      const fingerprint = fingerprints[i] ?? 0;
      const entry = this.#tables.claim(table, digests, i * DIGEST_BYTES, coordinate, fingerprint, now);
      owners.coordinates[i] = table.coordinate(entry);
      owners.fingerprints[i] = table.fingerprint(entry);
      if (!table.won) continue;
      if (writer === undefined) writers.set(bucket, (writer = new BlockWriter(bucket)));
      writer.add(digests, i * DIGEST_BYTES, coordinate, fingerprint);
    }
    return { owners, made: [...writers.values()].flatMap((w) => w.done()) };
  }

  /** Appends these blocks and those that were not acknowledged before; they are remembered until they are. */
  async #append(lane: Lane, made: readonly Block[], signal: AbortSignal): Promise<void> {
    const id = laneId(lane);
    const all = [...(this.#unacknowledged.get(id) ?? []), ...made];
    if (all.length === 0) return;
    this.#unacknowledged.set(id, all);
    for (const { bucket } of made) {
      const table = this.#tables.get(lane, bucket);
      if (table !== undefined) this.#pinned.add(table);
    }
    await this.#blocks.append(lane, all, signal);
    this.#unacknowledged.delete(id);
    for (const { bucket } of all) this.#unpin(lane, bucket);
  }

  #unpin(lane: Lane, bucket: number): void {
    const table = this.#tables.get(lane, bucket);
    if (table !== undefined) this.#pinned.delete(table);
  }
}
