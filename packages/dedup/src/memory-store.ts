import {
  type Clock,
  DIGEST_BYTES,
  type KeyStore,
  type Lane,
  type LaneId,
  laneId,
  type Owners,
  systemClock,
  TandemError,
} from "@tandem-cdc/core";
import { ClaimTable } from "./claim-table.ts";

export interface MemoryStoreOptions {
  /** How long claims have to live: longer than one source may be down. Default two days. They are kept a quarter longer. */
  readonly horizonMs?: number;
  /** Claims kept at most, over all lanes. Default 20 million, about 1.2 GB: a claim costs about 60 bytes. */
  readonly maxClaims?: number;
  readonly clock?: Clock;
}

const TWO_DAYS_MS = 2 * 24 * 3_600_000;
/** Claims expire in slices of this many to the kept lifetime. */
const SLICES = 8;

/**
 * Claims in the memory of this process: compact (no object per claim) and fast, and **forgotten at a restart**. Changes
 * whose first copy was emitted before a restart and whose second comes after it are then emitted twice; none is lost.
 */
export function memoryStore({
  clock = systemClock,
  horizonMs = TWO_DAYS_MS,
  maxClaims = 20_000_000,
}: MemoryStoreOptions = {}): KeyStore {
  const lanes = new Map<LaneId, Map<number, ClaimTable>>();
  const keptMs = horizonMs * 1.25;
  const sliceMs = Math.max(1, Math.floor(keptMs / SLICES));
  let claims = 0;
  let swept = clock.now();

  /** Drops whole buckets that nobody has written to for the kept lifetime, and expired claims of those in use. */
  function sweep(now: number): void {
    swept = now;
    for (const tables of lanes.values())
      for (const [bucket, table] of tables) {
        if (now - table.touched > keptMs) {
          claims -= table.size;
          tables.delete(bucket);
        } else if (now - table.oldest > keptMs + sliceMs) claims -= table.expire(now - keptMs);
      }
  }

  function tableOf(lane: Lane, bucket: number, now: number): ClaimTable {
    const id = laneId(lane);
    let tables = lanes.get(id);
    if (tables === undefined) lanes.set(id, (tables = new Map()));
    let table = tables.get(bucket);
    if (table === undefined) tables.set(bucket, (table = new ClaimTable(now)));
    return table;
  }

  return {
    async claim(lane, batch, signal): Promise<Owners> {
      signal.throwIfAborted();
      const now = clock.now();
      if (now - swept > sliceMs) sweep(now);
      if (claims + batch.length > maxClaims) sweep(now);
      if (claims + batch.length > maxClaims)
        throw new TandemError(
          "STORE_FULL",
          `the memory store holds ${claims} claims and may hold ${maxClaims}: raise dedup.store.maxClaims (a claim costs about 60 bytes), shorten dedup.horizon, or choose a store outside of this process`,
        );
      const coordinates = new Float64Array(batch.length);
      const fingerprints = new Uint32Array(batch.length);
      let table: ClaimTable | undefined;
      let last = Number.NaN;
      for (let i = 0; i < batch.length; i++) {
        const bucket = batch.buckets[i] ?? 0;
        if (table === undefined || bucket !== last) table = tableOf(lane, (last = bucket), now);
        const before = table.size;
        const entry = table.claim(
          batch.digests,
          i * DIGEST_BYTES,
          batch.coordinates[i] ?? 0,
          batch.fingerprints[i] ?? 0,
          now,
        );
        claims += table.size - before;
        coordinates[i] = table.coordinate(entry);
        fingerprints[i] = table.fingerprint(entry);
      }
      return { coordinates, fingerprints };
    },
    async health() {
      let bytes = 0;
      for (const tables of lanes.values()) for (const table of tables.values()) bytes += table.bytes;
      return { ok: true, detail: `${claims} claims of at most ${maxClaims}, in ${bytes} bytes` };
    },
    async close() {
      lanes.clear();
      claims = 0;
    },
  };
}
