import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { type ClaimBatch, DIGEST_BYTES, type KeyStore, type Lane } from "@tandem-cdc/core";
import { NEVER } from "./conformance.ts";

/** One claim as an object, for tests. */
export interface Claim {
  readonly bucket: number;
  readonly digest: Uint8Array;
  readonly coordinate: number;
  readonly fingerprint: number;
}

export type Owner = Pick<Claim, "coordinate" | "fingerprint">;

export function randomClaim(claim: Partial<Claim> = {}): Claim {
  return {
    bucket: randomInt(1_000_000),
    digest: randomBytes(DIGEST_BYTES),
    coordinate: randomInt(1_000_000),
    fingerprint: randomInt(2 ** 32),
    ...claim,
  };
}

/** A digest that is the same for the same numbers, and cheap to make. */
export function digestOf(...numbers: readonly number[]): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(digest.buffer);
  let state = 0x9e3779b9;
  for (let at = 0; at < DIGEST_BYTES; at += 4) {
    for (const number of numbers) {
      state = Math.imul(state ^ number ^ Math.floor(number / 2 ** 32), 0x85ebca6b);
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) + at;
      state ^= state >>> 16;
    }
    view.setInt32(at, state);
  }
  return digest;
}

/** Columns longer than the batch, filled with what nobody should read. */
export function claimBatch(claims: readonly Claim[]): ClaimBatch {
  const room = claims.length + 3;
  const digests = new Uint8Array(room * DIGEST_BYTES).fill(0xee);
  const buckets = new Float64Array(room).fill(-77);
  const coordinates = new Float64Array(room).fill(-1);
  const fingerprints = new Uint32Array(room).fill(0xeeeeeeee);
  claims.forEach(({ bucket, coordinate, digest, fingerprint }, i) => {
    digests.set(digest, i * DIGEST_BYTES);
    buckets[i] = bucket;
    coordinates[i] = coordinate;
    fingerprints[i] = fingerprint;
  });
  return { length: claims.length, digests, buckets, coordinates, fingerprints };
}

/** Claims, then overwrites the columns as the runtime does, and gives the owners. */
export async function claim(
  store: KeyStore,
  lane: Lane,
  claims: readonly Claim[],
  signal: AbortSignal = NEVER,
): Promise<Owner[]> {
  const batch = claimBatch(claims);
  const owners = await store.claim(lane, batch, signal);
  const { coordinates, fingerprints } = owners;
  const answers = claims.map((_, i) => ({
    coordinate: coordinates[i] ?? Number.NaN,
    fingerprint: fingerprints[i] ?? Number.NaN,
  }));
  batch.digests.fill(0x55);
  batch.buckets.fill(3);
  batch.coordinates.fill(0);
  batch.fingerprints.fill(5);
  return answers;
}

export function ownersOf(claims: readonly Claim[]): Owner[] {
  return claims.map(({ coordinate, fingerprint }) => ({ coordinate, fingerprint }));
}

/** `deepEqual`, quick where all is well. */
export function assertOwners(answers: readonly Owner[], expected: readonly Owner[], message?: string): void {
  assert.equal(answers.length, expected.length, message);
  for (const [i, { coordinate, fingerprint }] of expected.entries()) {
    const answer = answers[i];
    if (answer?.coordinate === coordinate && answer.fingerprint === fingerprint) continue;
    assert.deepEqual(answer, { coordinate, fingerprint }, `claim ${i}${message === undefined ? "" : ` of ${message}`}`);
  }
}

/** The same keys, claimed by coordinates `by` further on: it loses where the key is taken. */
export function later(claims: readonly Claim[], by = 1_000_000): Claim[] {
  return claims.map((c) => ({ ...c, coordinate: c.coordinate + by, fingerprint: (c.fingerprint ^ 0xffffffff) >>> 0 }));
}

export function ascending(claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) => a.coordinate - b.coordinate);
}
