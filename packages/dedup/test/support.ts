import {
  type Batch,
  batchOf,
  type ClaimBatch,
  type Clock,
  DIGEST_BYTES,
  type Identified,
  type IdentityStrategy,
  type IdentityWriter,
  type JsonValue,
  type KeyStore,
  type Lane,
  type LaneContext,
  type Outcomes,
  type PlainRecord,
} from "@tandem-cdc/core";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 3 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a record of these tests says: its fate is decided by the fields that are given. */
export interface Said {
  readonly id?: string;
  readonly content?: string;
  readonly source?: string;
  readonly deletes?: boolean;
  readonly aligned?: boolean;
  readonly kind?: Identified & string;
  readonly domain?: string;
  readonly position?: number;
  readonly timeMs?: number;
  readonly streamed?: boolean;
  readonly error?: string;
}

/** Records as JSON of what they say; null is a tombstone. Offsets go on from `first`. */
export function records(first: number, ...said: readonly (Said | null)[]): Batch {
  return batchOf(
    LANE,
    said.map((one, i): PlainRecord => ({
      offset: first + i,
      timestamp: 1_000 + i,
      key: encoder.encode(one?.id ?? "k"),
      value: one === null ? null : encoder.encode(JSON.stringify(one)),
      headers: [{ key: "n", value: encoder.encode(String(first + i)) }],
    })),
  );
}

/** Reads the identity of a record from what it says. */
export const asSaid: IdentityStrategy = {
  name: "as-said",
  version: 1,
  openLane: () => ({
    identify(batch: Batch, i: number, into: IdentityWriter): Identified {
      const value = batch.value(i);
      if (value === null) return "tombstone";
      const {
        aligned = true,
        content,
        deletes = false,
        domain = "",
        error,
        id = "",
        kind = "change",
        position = Number.NaN,
        source,
        streamed = true,
        timeMs = Number.NaN,
      } = JSON.parse(decoder.decode(value)) as Said;
      into.source = source;
      if (error !== undefined) return new Error(error);
      into.text(id);
      if (content !== undefined) into.content(encoder.encode(content));
      into.deletes = deletes;
      into.aligned = aligned;
      into.domain = domain;
      into.position = position;
      into.timeMs = timeMs;
      into.streamed = streamed;
      return kind;
    },
    state: () => undefined,
  }),
};

export interface Laned extends LaneContext {
  readonly counts: Map<string, number>;
  readonly notes: string[];
}

export function context(state?: JsonValue, signal: AbortSignal = new AbortController().signal): Laned {
  const counts = new Map<string, number>();
  const notes: string[] = [];
  return {
    lane: LANE,
    pipeline: "test",
    partitions: 8,
    startOffset: 0,
    logStart: 0,
    lastTimestamp: null,
    replaying: false,
    note: (text) => notes.push(text),
    signal,
    state,
    async *replay() {},
    offsetAt: async () => 0,
    restoring() {},
    report: (name, count) => counts.set(name, (counts.get(name) ?? 0) + count),
    counts,
    notes,
  };
}

/** What comes out: `10`, or `10†` for a regenerated tombstone. */
export function emitted({ next }: Outcomes): string[] {
  return Array.from({ length: next.length }, (_, i) => `${next.offset(i)}${next.value(i) === null ? "†" : ""}`);
}

export function dropped({ dropped: drops }: Outcomes): Record<string, number> {
  return Object.fromEntries(drops.map(({ count, reason }) => [reason, count]));
}

/** What left the stream for other topics: coordinate, topic, and what is said of it. */
export function diverted({ diverted: away }: Outcomes): readonly [number, string, Readonly<Record<string, string>>][] {
  return away.map(({ context: said, index, topic }) => [index, topic, said]);
}

/** Time that stands still until it is told; a sleep ends at once and is written down. */
export class FakeClock implements Clock {
  time = 1_000_000;
  readonly slept: number[] = [];
  now(): number {
    return this.time;
  }
  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.time += ms;
  }
}

/** One claim as the tests name it: digest byte, bucket, coordinate, fingerprint. */
export interface Claim {
  readonly key: number;
  readonly bucket?: number;
  readonly coordinate: number;
  readonly fingerprint?: number;
}

export function claimBatch(claims: readonly Claim[]): ClaimBatch {
  const digests = new Uint8Array(claims.length * DIGEST_BYTES);
  // The key fills the second word, as a digest with equal beginnings would, and the last byte.
  claims.forEach(({ key }, i) => {
    new DataView(digests.buffer).setUint32(i * DIGEST_BYTES + 4, key * 0x9e3779b1, true);
    digests[i * DIGEST_BYTES + 15] = key;
  });
  return {
    length: claims.length,
    digests,
    buckets: Float64Array.from(claims, ({ bucket = 0 }) => bucket),
    coordinates: Float64Array.from(claims, ({ coordinate }) => coordinate),
    fingerprints: Uint32Array.from(claims, ({ fingerprint = 0 }) => fingerprint),
  };
}

export const NEVER: AbortSignal = new AbortController().signal;

/** Claims one after the other in one batch; returns the owners. */
export async function claim(store: KeyStore, ...claims: readonly Claim[]): Promise<number[]> {
  const { coordinates } = await store.claim(LANE, claimBatch(claims), NEVER);
  return [...coordinates.subarray(0, claims.length)];
}
