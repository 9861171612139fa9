import {
  asError,
  type ClaimBatch,
  type Clock,
  isRetriable,
  type KeyStore,
  type Lane,
  laneId,
  type Owners,
  TandemError,
} from "@tandem-cdc/core";

/** How long a store that does not answer is asked again, before the lane is rewound. */
export interface RetryOptions {
  /** Default 6. */
  readonly attempts?: number;
  /** Default 50. */
  readonly minDelayMs?: number;
  /** Default 2,000. */
  readonly maxDelayMs?: number;
}

/**
 * Claims, and claims again as the same owner where the outcome is unknown, until the store acknowledges. Never guesses:
 * a store that stays silent, or answers nonsense, fails the batch.
 */
export async function claimPatiently(
  store: Pick<KeyStore, "claim">,
  lane: Lane,
  claims: ClaimBatch,
  signal: AbortSignal,
  clock: Clock,
  { attempts = 6, maxDelayMs = 2_000, minDelayMs = 50 }: RetryOptions,
): Promise<Owners> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return checked(await store.claim(lane, claims, signal), claims, lane);
    } catch (thrown) {
      if (!isRetriable(thrown)) throw thrown;
      if (attempt >= attempts)
        throw new TandemError(
          "STORE_UNAVAILABLE",
          `the key store did not answer ${attempts} times: ${asError(thrown).message}`,
          {
            cause: thrown,
            retriable: true,
          },
        );
      await clock.sleep(Math.min(minDelayMs * 2 ** (attempt - 1), maxDelayMs), signal);
    }
  }
}

/** Answers are aligned with the claims, and an owner is never larger than the claimant: the smaller coordinate wins. */
function checked(owners: Owners, claims: ClaimBatch, lane: Lane): Owners {
  const { coordinates, fingerprints } = owners;
  let sane = coordinates.length >= claims.length && fingerprints.length >= claims.length;
  for (let i = 0; sane && i < claims.length; i++) {
    const owner = coordinates[i] ?? Number.NaN;
    sane = owner >= 0 && owner <= (claims.coordinates[i] ?? Number.NaN);
  }
  if (!sane)
    throw new TandemError(
      "STORE_UNSAFE",
      `the key store answered a claim of lane ${laneId(lane)} with owners that cannot be: one answer per claim, a coordinate, none larger than the claimant's. The store is not a KeyStore by its contract.`,
    );
  return owners;
}
