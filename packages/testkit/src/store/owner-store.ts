import { type KeyStore, laneId } from "@tandem-cdc/core";
import { claimKey } from "./claims.ts";

/** Claims outside of every process: they survive crashes, and zombies share them. */
export interface OwnerStore extends KeyStore {
  /** Claims held. */
  readonly size: number;
  /** Forgets everything, as a store without durability does. */
  forget(): void;
}

interface Claim {
  readonly coordinate: number;
  readonly fingerprint: number;
  readonly expiresAt: number;
}

export interface OwnerStoreOptions {
  readonly now: () => number;
  /** How long a claim is kept from its write. Default: for ever. */
  readonly keptMs?: number;
}

/** A key store by the book: put-if-absent that returns the owner, the smaller coordinate wins. */
export function ownerStore({ keptMs = Infinity, now }: OwnerStoreOptions = { now: () => 0 }): OwnerStore {
  const claims = new Map<string, Claim>();
  return {
    get size() {
      return claims.size;
    },
    forget: () => claims.clear(),
    async claim(lane, batch, signal) {
      signal.throwIfAborted();
      const coordinates = new Float64Array(batch.length);
      const fingerprints = new Uint32Array(batch.length);
      for (let i = 0; i < batch.length; i++) {
        const key = `${laneId(lane)}/${claimKey(batch.digests, batch.buckets, i)}`;
        const mine: Claim = {
          coordinate: batch.coordinates[i] ?? 0,
          fingerprint: batch.fingerprints[i] ?? 0,
          expiresAt: now() + keptMs,
        };
        const found = claims.get(key);
        const stored = found !== undefined && found.expiresAt > now() ? found : undefined;
        const owner = stored === undefined || mine.coordinate < stored.coordinate ? mine : stored;
        claims.set(key, owner);
        coordinates[i] = owner.coordinate;
        fingerprints[i] = owner.fingerprint;
      }
      return { coordinates, fingerprints };
    },
    async health() {
      return { ok: true, detail: `${claims.size} claims` };
    },
    // Its life is not a process's.
    async close() {},
  };
}
