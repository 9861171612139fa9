import {
  type AgedBlock,
  type ClaimBatch,
  ClaimTable,
  type Clock,
  DIGEST_BYTES,
  type KeyStore,
  type Lane,
  LaneTables,
  type Owners,
  systemClock,
  TandemError,
} from "@tandem-cdc/core";

export interface MemoryStoreOptions {
  /** How long claims have to live: longer than one source may be down. Default two days. They are kept a quarter longer. */
  readonly horizonMs?: number;
  /** Claims kept at most, over all lanes. Default 20 million, about 1 GB. */
  readonly maxClaims?: number;
  readonly clock?: Clock;
}

/** A key store whose claims can be taken elsewhere and back, a lane at a time. */
export interface MemoryStore extends KeyStore {
  /** `ageMs`: how long ago the claims were made, if they are made again. Calls with smaller and smaller ages. */
  claim(lane: Lane, claims: ClaimBatch, signal: AbortSignal, ageMs?: number): Promise<Owners>;
  /** The lane's claims as they are when each block is asked for. Claims may be made meanwhile: none that was there is missed. */
  exportLane(lane: Lane): Iterable<AgedBlock>;
  /** Adds claims that were exported, in that order. They may be more than fit: the next claim then refuses. */
  importLane(lane: Lane, blocks: Iterable<AgedBlock>): void;
}

export function isMemoryStore(store: KeyStore): store is MemoryStore {
  return "exportLane" in store && "importLane" in store;
}

/** The store as one that takes its claims for so old, if it can. */
export function aged(store: KeyStore, ageMs: number): Pick<KeyStore, "claim"> {
  if (ageMs === 0 || !isMemoryStore(store)) return store;
  return { claim: (lane, claims, signal) => store.claim(lane, claims, signal, ageMs) };
}

const TWO_DAYS_MS = 2 * 24 * 3_600_000;

/**
 * Claims in the memory of this process: compact (no object per claim) and fast, and **forgotten at a restart**. Changes
 * whose first copy was emitted before a restart and whose second comes after it are then emitted twice; none is lost.
 */
export function memoryStore({
  clock = systemClock,
  horizonMs = TWO_DAYS_MS,
  maxClaims = 20_000_000,
}: MemoryStoreOptions = {}): MemoryStore {
  if (!(horizonMs > 0)) throw new TypeError(`memoryStore: horizonMs has to be above 0, not ${horizonMs}`);
  if (!(maxClaims > 0)) throw new TypeError(`memoryStore: maxClaims has to be above 0, not ${maxClaims}`);
  const tables = new LaneTables(horizonMs * 1.25, clock.now());
  let closed = false;
  return {
    async claim(lane, batch, signal, ageMs = 0): Promise<Owners> {
      signal.throwIfAborted();
      if (closed) throw new TandemError("STORE_UNAVAILABLE", "the memory store was closed");
      const now = clock.now();
      tables.sweep(now, tables.claims + batch.length > maxClaims);
      if (tables.claims + batch.length > maxClaims)
        throw new TandemError(
          "STORE_FULL",
          `the memory store holds ${tables.claims} claims and may hold ${maxClaims}: raise dedup.store.maxClaims (a claim costs about 60 bytes), shorten dedup.horizon, or choose a store outside of this process`,
        );
      const claimedAt = now - ageMs;
      const coordinates = new Float64Array(batch.length);
      const fingerprints = new Uint32Array(batch.length);
      let table: ClaimTable | undefined;
      let last = Number.NaN;
      for (let i = 0; i < batch.length; i++) {
        const bucket = batch.buckets[i] ?? 0;
        if (table === undefined || bucket !== last) {
          last = bucket;
          table = tables.get(lane, bucket);
          if (table === undefined) tables.set(lane, bucket, (table = new ClaimTable(claimedAt)));
        }
        const entry = tables.claim(
          table,
          batch.digests,
          i * DIGEST_BYTES,
          batch.coordinates[i] ?? 0,
          batch.fingerprints[i] ?? 0,
          claimedAt,
        );
        coordinates[i] = table.coordinate(entry);
        fingerprints[i] = table.fingerprint(entry);
      }
      return { coordinates, fingerprints };
    },
    exportLane: (lane) => tables.blocks(lane),
    importLane(lane, blocks) {
      for (const block of blocks) tables.add(lane, block);
    },
    async health() {
      return { ok: true, detail: `${tables.claims} claims of at most ${maxClaims}, in ${tables.bytes} bytes` };
    },
    async close() {
      closed = true;
      tables.clear();
    },
  };
}
