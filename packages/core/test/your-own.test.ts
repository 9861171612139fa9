// The transform and the key store of the README: what stands there is cut from here.
import {
  asError,
  batchOf,
  type ClaimBatch,
  DIGEST_BYTES,
  type KeyStore,
  laneId,
  OutcomesBuilder,
  type Transform,
} from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { context, LANE, offsets, records, values } from "./support.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Blanks a column of the row after the change. Everything else goes on untouched. */
function blank(column: string): Transform {
  return {
    name: "blank",
    apply(batch) {
      const outcomes = new OutcomesBuilder("blank", batch);
      for (let i = 0; i < batch.length; i++) {
        const value = batch.value(i);
        if (value === null) continue;
        try {
          const event = JSON.parse(decoder.decode(value)) as { after: Record<string, unknown> | null };
          if (event.after?.[column] === undefined) continue;
          event.after[column] = "***";
          outcomes.replace(i, [{ value: encoder.encode(JSON.stringify(event)) }]);
        } catch (thrown) {
          outcomes.reject(i, asError(thrown));
        }
      }
      return outcomes.done();
    },
  };
}

/** Claims in a Map: right, and no more than that. */
function mapStore(): KeyStore {
  const claims = new Map<string, { readonly coordinate: number; readonly fingerprint: number }>();
  return {
    async claim(lane, batch) {
      const coordinates = new Float64Array(batch.length);
      const fingerprints = new Uint32Array(batch.length);
      for (let i = 0; i < batch.length; i++) {
        const digest = batch.digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
        const key = [laneId(lane), batch.buckets[i], ...digest].join();
        const claimant = { coordinate: batch.coordinates[i] ?? 0, fingerprint: batch.fingerprints[i] ?? 0 };
        const stored = claims.get(key);
        // Put if absent; and if two instances race for a lane, the smaller coordinate wins.
        const owner = stored === undefined || claimant.coordinate < stored.coordinate ? claimant : stored;
        claims.set(key, owner);
        coordinates[i] = owner.coordinate;
        fingerprints[i] = owner.fingerprint;
      }
      return { coordinates, fingerprints };
    },
    health: () => Promise.resolve({ ok: true }),
    close: () => Promise.resolve(),
  };
}

it("the transform changes a column, rejects what it cannot read, and leaves the rest alone", async () => {
  const batch = records('{"after":{"id":1,"iban":"DE1"}}', '{"after":{"id":2}}', "no JSON", '{"after":null}');
  const outcomes = await blank("iban").apply(batch, context());
  expect(values(outcomes.next)).toEqual(['{"after":{"id":1,"iban":"***"}}', '{"after":{"id":2}}', '{"after":null}']);
  expect(offsets(outcomes.next)).toEqual([10, 11, 13]);
  expect(outcomes.rejected).toMatchObject([{ stage: "blank", index: 2 }]);
  const tombstone = batchOf(LANE, [{ offset: 1, timestamp: 1, key: encoder.encode("k"), value: null }]);
  expect((await blank("iban").apply(tombstone, context())).next).toBe(tombstone);
});

type Claim = readonly [key: number, coordinate: number];

/** Claims of these keys, at these coordinates; the coordinate is also the fingerprint. */
function claims(...wanted: readonly Claim[]): ClaimBatch {
  const digests = new Uint8Array(wanted.length * DIGEST_BYTES);
  for (const [i, [key]] of wanted.entries()) digests[i * DIGEST_BYTES + DIGEST_BYTES - 1] = key;
  return {
    length: wanted.length,
    digests,
    buckets: new Float64Array(wanted.length),
    coordinates: Float64Array.from(wanted, ([, coordinate]) => coordinate),
    fingerprints: Uint32Array.from(wanted, ([, coordinate]) => coordinate),
  };
}

it("the store names the owner: the first, itself again, and the smaller of two", async () => {
  const store = mapStore();
  const { signal } = new AbortController();
  const owners = async (...wanted: readonly Claim[]): Promise<number[]> => {
    const { coordinates, fingerprints } = await store.claim(LANE, claims(...wanted), signal);
    expect([...fingerprints]).toEqual([...coordinates]);
    return [...coordinates];
  };
  expect(await owners([1, 10], [2, 11])).toEqual([10, 11]);
  expect(await owners([1, 10], [1, 12], [3, 13])).toEqual([10, 10, 13]);
  expect(await owners([3, 7])).toEqual([7]);
  expect(await owners([3, 13])).toEqual([7]);
  expect(await owners()).toEqual([]);
});
