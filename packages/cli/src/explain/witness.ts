import {
  type ClaimBatch,
  DIGEST_BYTES,
  type Identified,
  type IdentityStrategy,
  type KeyStore,
  type LaneIdentity,
} from "@tandem-cdc/core";
import { type NamedField, NamedFields } from "./named-fields.ts";

/** What one record was found to be, while it was identified. */
export interface Seen {
  readonly verdict: Identified;
  readonly fields: readonly NamedField[];
  readonly contents: readonly NamedField[];
  readonly source: string | undefined;
  readonly aligned: boolean;
  readonly domain: string;
  readonly position: number;
}

/** The claim that one record made, and who owns its key. */
export interface Claimed {
  readonly claims: ClaimBatch;
  readonly owner: number;
}

/** Looks over the shoulders of the identity and of the key store, while it is `watching`. */
export class Witness {
  watching = false;
  /** The strategy that was in force. */
  strategy = "";
  seen: Seen | undefined;
  claimed: Claimed | undefined;

  identity(strategy: IdentityStrategy): IdentityStrategy {
    const { name, version } = strategy;
    return {
      name,
      version,
      forTopic: (topic) => this.identity(strategy.forTopic?.(topic) ?? strategy),
      openLane: async (context, state) => {
        this.strategy = `${name} ${version}`;
        return this.#lane(await strategy.openLane(context, state));
      },
    };
  }

  #lane(lane: LaneIdentity): LaneIdentity {
    return {
      ...(lane.prepare === undefined ? {} : { prepare: (batch, signal) => lane.prepare?.(batch, signal) }),
      identify: (batch, i, into) => {
        if (!this.watching) return lane.identify(batch, i, into);
        const named = new NamedFields(into);
        const verdict = lane.identify(batch, i, named);
        const { aligned, contents, domain, identity: fields, position, source } = named;
        this.seen = { verdict, fields, contents, source, aligned, domain, position };
        return verdict;
      },
      state: () => lane.state(),
    };
  }

  store(store: KeyStore): KeyStore {
    return {
      claim: async (lane, claims, signal) => {
        const owners = await store.claim(lane, claims, signal);
        if (this.watching && claims.length === 1)
          this.claimed = { claims: copyOf(claims), owner: owners.coordinates[0] ?? Number.NaN };
        return owners;
      },
      health: () => store.health(),
      close: () => store.close(),
    };
  }
}

/** The columns are used again by their owner. */
function copyOf({ buckets, coordinates, digests, fingerprints }: ClaimBatch): ClaimBatch {
  return {
    length: 1,
    digests: digests.slice(0, DIGEST_BYTES),
    buckets: buckets.slice(0, 1),
    coordinates: coordinates.slice(0, 1),
    fingerprints: fingerprints.slice(0, 1),
  };
}
