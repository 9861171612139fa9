import { type KeyStore, laneId } from "@tandem-cdc/core";

/** The key of a record belongs to another one. */
export class OwnedByAnother extends Error {}

/**
 * Claims for a record that comes late to it. The rule that the smaller coordinate wins is for the log's own order: here an
 * owner, wherever it lies, was emitted.
 */
export function unlessOwned(store: KeyStore): KeyStore {
  return {
    async claim(lane, claims, signal) {
      const known = await store.lookup?.(lane, claims, signal);
      if (known === undefined) throw new TypeError("a store without lookup");
      for (let i = 0; i < claims.length; i++) {
        const owner = known.coordinates[i] ?? -1;
        if (owner >= 0 && owner !== claims.coordinates[i])
          throw new OwnedByAnother(`its key belongs to ${laneId(lane)}@${owner}`);
      }
      return store.claim(lane, claims, signal);
    },
    release: (lane) => store.release?.(lane),
    health: () => store.health(),
    close: () => store.close(),
  };
}
