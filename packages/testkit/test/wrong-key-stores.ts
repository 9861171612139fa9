import type { KeyStore } from "@tandem-cdc/core";
import { packedMaker, type StoreMaker } from "../src/index.ts";
import { BY_THE_BOOK, type ClaimRules, mapBlockStore, mapKeyStore, memoryMaker, type Owned, SHARED } from "./stores.ts";

const utf8 = new TextDecoder();
const key = (text: (digest: Uint8Array) => string): Partial<ClaimRules> => ({
  keyOf: (lane, bucket, digest) => `${lane.topic}-${lane.partition}/${bucket}/${text(digest)}`,
});
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const seen = (stored: Owned | undefined, mine: Owned): { answer: Owned; store: Owned } => {
  const answer = stored === undefined ? mine : { ...stored, coordinate: -1 };
  return { answer, store: stored ?? mine };
};
const keepFirst = (stored: Owned | undefined, mine: Owned): { answer: Owned; store: Owned } => ({
  answer: stored ?? mine,
  store: stored ?? mine,
});
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A key store that is wrong in one way, and the test that has to say so. */
export const wrongKeyStores: readonly (readonly [flaw: string, maker: StoreMaker<KeyStore>, caught: string])[] = [
  [
    "last wins",
    mapKeyStore({ decide: (_, mine) => ({ answer: mine, store: mine }) }),
    "a taken key gives its owner's coordinate and fingerprint",
  ],
  ["boolean 'seen'", mapKeyStore({ decide: seen }), "the same coordinate again gets the same answer"],
  [
    "first wins, even if it is larger",
    mapKeyStore({ decide: keepFirst }),
    "a smaller coordinate replaces a larger one, for good",
  ],
  [
    "tells the smaller owner, but does not store it",
    mapKeyStore({ decide: (stored, mine) => ({ ...BY_THE_BOOK.decide(stored, mine), store: stored ?? mine }) }),
    "a smaller coordinate replaces a larger one, for good",
  ],
  [
    "the owner's coordinate with the claimant's fingerprint",
    mapKeyStore({
      decide: (stored, mine) => ({
        store: BY_THE_BOOK.decide(stored, mine).store,
        answer: { ...BY_THE_BOOK.decide(stored, mine).answer, fingerprint: mine.fingerprint },
      }),
    }),
    "fingerprints keep 32 bits",
  ],
  [
    "check, then set",
    mapKeyStore({ pause: nextTurn }),
    "two clients race: the smallest owner is the one that a third finds",
  ],
  [
    "answers in order of coordinate",
    mapKeyStore({ answers: (o) => [...o].sort((a, b) => a.coordinate - b.coordinate) }),
    "answers are aligned with their claims, whatever the order of buckets",
  ],
  [
    "keys decoded as UTF-8",
    mapKeyStore(key((d) => utf8.decode(d))),
    "keys are bytes: 0x00, 0xff and invalid UTF-8 are told apart",
  ],
  [
    "keys cut at NUL",
    mapKeyStore(key((d) => hex(d).replace(/^((?:(?!00)..)*)00.*$/, "$1"))),
    "keys that agree up to a NUL are told apart",
  ],
  [
    "keys of 8 bytes",
    mapKeyStore(key((d) => hex(d.subarray(0, 8)))),
    "keys that differ in one of the first 12 bytes are told apart",
  ],
  [
    "keys of 7 bits a byte",
    mapKeyStore(key((d) => hex(d.map((b) => b & 0x7f)))),
    "keys that differ in one of the first 12 bytes are told apart",
  ],
  [
    "keys without their bucket",
    mapKeyStore({ keyOf: (lane, _, d) => BY_THE_BOOK.keyOf(lane, 0, d) }),
    "a batch may lie in 300 buckets; buckets are safe integers of either sign",
  ],
  [
    "buckets of 32 bits",
    mapKeyStore({ keyOf: (lane, b, d) => BY_THE_BOOK.keyOf(lane, b | 0, d) }),
    "a batch may lie in 300 buckets; buckets are safe integers of either sign",
  ],
  [
    "buckets without their sign",
    mapKeyStore({ keyOf: (lane, b, d) => BY_THE_BOOK.keyOf(lane, Math.abs(b), d) }),
    "a batch may lie in 300 buckets; buckets are safe integers of either sign",
  ],
  [
    "one set of claims for all lanes",
    mapKeyStore({ keyOf: (_, b, d) => BY_THE_BOOK.keyOf({ topic: "", partition: 0 }, b, d) }),
    "lanes do not meet",
  ],
  [
    "one set of claims for all partitions",
    mapKeyStore({ keyOf: (l, b, d) => BY_THE_BOOK.keyOf({ ...l, partition: 0 }, b, d) }),
    "16 lanes at once, over the same keys, each agree with a model",
  ],
  [
    "one set of claims for all places",
    mapKeyStore({ dataOf: (_, all) => BY_THE_BOOK.dataOf("", all) }),
    "places do not meet",
  ],
  [
    "per-client memory",
    mapKeyStore({ dataOf: () => new Map<string, Owned>() }),
    "a second client finds what the first claimed",
  ],
  [
    "per-client memory",
    mapKeyStore({ dataOf: () => new Map<string, Owned>() }),
    "claims are there after the store was closed and opened again",
  ],
  [
    "throws on an empty batch",
    mapKeyStore({
      onEmpty: () => {
        throw new Error("nothing to do");
      },
    }),
    "an empty batch is answered",
  ],
  [
    "coordinates of 32 bits",
    mapKeyStore({ answers: (o) => o.map((x) => ({ ...x, coordinate: x.coordinate >>> 0 })) }),
    "coordinates reach from 0 to 2^53 - 1",
  ],
  [
    "fingerprints with a sign",
    mapKeyStore({ answers: (o) => o.map((x) => ({ ...x, fingerprint: x.fingerprint & 0x7fffffff })) }),
    "fingerprints keep 32 bits",
  ],
  [
    "deaf to its signal",
    mapKeyStore({ ignoresSignal: true }),
    "an aborted signal rejects, and the claims can be made again",
  ],
  ["goes on after close", mapKeyStore({ ignoresClose: true }), "a closed store rejects"],
  [
    "never forgets",
    mapKeyStore({ keptMs: () => Infinity }),
    "claims live for the horizon, and are forgotten some time after it",
  ],
  [
    "forgets at half of the horizon",
    mapKeyStore({ keptMs: (ms) => ms / 2 }),
    "claims live for the horizon, and are forgotten some time after it",
  ],
  [
    "life is not extended by a write",
    packedMaker(mapBlockStore({ extends: false })),
    "claims of a bucket that is still written to live for the horizon too",
  ],
  ["answers that are the caller's columns", aliasing(), "a taken key gives its owner's coordinate and fingerprint"],
  [
    "half of a large batch",
    mapKeyStore({ answers: (o) => (o.length > 10_000 ? o.slice(0, 10_000) : o) }),
    "a batch of 20,000 claims is answered",
  ],
  [
    "forgets one claim in a thousand",
    forgetful(),
    "100,000 random claims agree with a model, over releases and restarts",
  ],
  [
    "promises a restart that it does not survive",
    { ...memoryMaker, manifest: { ...memoryMaker.manifest, survives: SHARED.survives } },
    "claims are there after the store was closed and opened again",
  ],
  [
    "promises less than it does",
    { ...mapKeyStore(), manifest: { ...SHARED, survives: memoryMaker.manifest.survives } },
    "claims are gone after the store was closed and opened again",
  ],
  [
    "lets in a second client that it says it refuses",
    { ...mapKeyStore(), manifest: { ...SHARED, clients: "exclusive" } },
    "a second client is refused while the first is open, with advice",
  ],
  [
    "shares what it says is separate",
    { ...mapKeyStore(), manifest: { ...SHARED, clients: "separate" } },
    "a second client has claims of its own",
  ],
  [
    "keeps a lane's tables over a release",
    unreleased(),
    "after its release, a lane finds what another client claimed meanwhile",
  ],
];

/** Gives back the batch's own columns where nothing was taken, and remembers them. */
function aliasing(): StoreMaker<KeyStore> {
  const inner = mapKeyStore();
  return {
    ...inner,
    async open(place, opening) {
      const store = await inner.open(place, opening);
      const remembered = new Map<number, Float64Array>();
      return {
        ...store,
        async claim(lane, batch, signal) {
          const owners = await store.claim(lane, batch, signal);
          const bucket = batch.buckets[0] ?? 0;
          const known = remembered.get(bucket);
          remembered.set(bucket, known ?? batch.coordinates);
          return { ...owners, coordinates: known ?? owners.coordinates };
        },
      };
    },
  };
}

function forgetful(): StoreMaker<KeyStore> {
  let claims = 0;
  return mapKeyStore({
    decide: (stored, mine) =>
      BY_THE_BOOK.decide(stored !== undefined && ++claims % 1_000 === 0 ? undefined : stored, mine),
  });
}

function unreleased(): StoreMaker<KeyStore> {
  const inner = packedMaker(mapBlockStore());
  return {
    ...inner,
    open: async (place, opening) => Object.assign(await inner.open(place, opening), { release: () => undefined }),
  };
}
