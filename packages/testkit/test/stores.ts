import {
  type Block,
  type BlockStore,
  type KeyStore,
  type Lane,
  laneId,
  type Owners,
  type StoredBlock,
  TandemError,
} from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import type { StoreMaker, StoreManifest, StoreOpening } from "../src/index.ts";

const EVERYTHING = { restart: true, processCrash: true, powerCut: true, machineLoss: true, nodeDown: true };
export const SHARED: StoreManifest = { name: "shared map", survives: EVERYTHING, clients: "shared", expiry: "clock" };
const NOTHING = { restart: false, processCrash: false, powerCut: false, machineLoss: false };

export const memoryMaker: StoreMaker<KeyStore> = {
  manifest: { name: "memory", survives: NOTHING, clients: "separate", expiry: "clock" },
  open: async (_, opening) => memoryStore(opening),
};

/** How a key store by the book is built, so that each part can be done wrong. */
export interface ClaimRules {
  /** What the caller is told and what is stored, given what was stored. */
  readonly decide: (stored: Owned | undefined, mine: Owned) => { readonly answer: Owned; readonly store: Owned };
  readonly keyOf: (lane: Lane, bucket: number, digest: Uint8Array) => string;
  /** Between looking and writing. */
  pause: (() => Promise<void>) | null;
  /** Applied to the answers, in order of the claims. */
  readonly answers: (owners: Owned[]) => Owned[];
  /** Where a client's claims lie: by place, or the client's own. */
  readonly dataOf: (place: string, all: Map<string, Map<string, Owned>>) => Map<string, Owned>;
  readonly onEmpty: () => void;
  readonly keptMs: (horizonMs: number) => number;
  ignoresSignal: boolean;
  ignoresClose: boolean;
}

export interface Owned {
  readonly coordinate: number;
  readonly fingerprint: number;
  readonly at: number;
}

export const BY_THE_BOOK: ClaimRules = {
  decide(stored, mine) {
    const owner = stored === undefined || mine.coordinate < stored.coordinate ? mine : stored;
    return { answer: owner, store: owner };
  },
  keyOf: (lane, bucket, digest) => `${laneId(lane)}/${bucket}/${Buffer.from(digest.subarray(0, 12)).toString("hex")}`,
  pause: null,
  answers: (owners) => owners,
  dataOf(place, all) {
    const data = all.get(place) ?? new Map<string, Owned>();
    all.set(place, data);
    return data;
  },
  onEmpty: () => undefined,
  keptMs: (horizonMs) => horizonMs * 1.25,
  ignoresSignal: false,
  ignoresClose: false,
};

export function mapKeyStore(changed: Partial<ClaimRules> = {}): StoreMaker<KeyStore> {
  const rules = { ...BY_THE_BOOK, ...changed };
  const all = new Map<string, Map<string, Owned>>();
  const open = (place: string, { clock, horizonMs }: StoreOpening): KeyStore => {
    const data = rules.dataOf(place, all);
    let closed = false;
    return {
      async claim(lane, batch, signal): Promise<Owners> {
        if (!rules.ignoresSignal) signal.throwIfAborted();
        if (closed && !rules.ignoresClose) throw new TandemError("STORE_UNAVAILABLE", "closed");
        if (batch.length === 0) rules.onEmpty();
        const now = clock.now();
        const keys = Array.from({ length: batch.length }, (_, i) =>
          rules.keyOf(lane, batch.buckets[i] ?? 0, batch.digests.subarray(i * 16, i * 16 + 16)),
        );
        const live = keys.map((key) => {
          const known = data.get(key);
          return known !== undefined && now - known.at <= rules.keptMs(horizonMs) ? known : undefined;
        });
        if (rules.pause !== null) await rules.pause();
        const owners = keys.map((key, i) => {
          const mine = { coordinate: batch.coordinates[i] ?? 0, fingerprint: batch.fingerprints[i] ?? 0, at: now };
          const { answer, store } = rules.decide(live[i], mine);
          data.set(key, store);
          return answer;
        });
        const told = rules.answers(owners);
        return {
          coordinates: Float64Array.from(told, (o) => o.coordinate),
          fingerprints: Uint32Array.from(told, (o) => o.fingerprint),
        };
      },
      health: async () => ({ ok: true }),
      close: async () => {
        closed = true;
      },
    };
  };
  return { manifest: SHARED, open: async (place, opening) => open(place, opening) };
}

/** How a block store by the book is built, so that each part can be done wrong. */
export interface BlockRules {
  readonly nameOf: (lane: Lane, block: Block) => string;
  readonly bucketOf: (lane: Lane, bucket: number) => string;
  /** What of a bucket is given. */
  readonly given: (blocks: readonly StoredBlock[]) => readonly StoredBlock[];
  /** What of a call is written. */
  readonly written: (blocks: readonly Block[]) => readonly Block[];
  readonly bytesOf: (bytes: Uint8Array) => Uint8Array;
  /** Whether a client that closes takes with it what it wrote. */
  forgetsAtClose: boolean;
  extends: boolean;
  readonly keptMs: (horizonMs: number) => number;
  ignoresSignal: boolean;
}

export const BLOCKS_BY_THE_BOOK: BlockRules = {
  nameOf: (_, { first, last }) => `${first}/${last}`,
  bucketOf: (lane, bucket) => `${laneId(lane)}/${bucket}`,
  given: (blocks) => blocks,
  written: (blocks) => blocks,
  bytesOf: (bytes) => bytes.slice(),
  forgetsAtClose: false,
  extends: true,
  keptMs: (horizonMs) => horizonMs * 1.25,
  ignoresSignal: false,
};

interface Bucket {
  readonly blocks: Map<string, StoredBlock>;
  at: number;
}

export function mapBlockStore(changed: Partial<BlockRules> = {}): StoreMaker<BlockStore> {
  const rules = { ...BLOCKS_BY_THE_BOOK, ...changed };
  const all = new Map<string, Map<string, Bucket>>();
  const open = (place: string, { clock, horizonMs }: StoreOpening): BlockStore => {
    const data = all.get(place) ?? new Map<string, Bucket>();
    all.set(place, data);
    const dead = ({ at }: Bucket): boolean => clock.now() - at > rules.keptMs(horizonMs);
    return {
      async *load(lane, bucket, signal) {
        if (!rules.ignoresSignal) signal.throwIfAborted();
        const found = data.get(rules.bucketOf(lane, bucket));
        if (found === undefined || dead(found)) return;
        yield* rules.given([...found.blocks.values()]);
      },
      async append(lane, blocks, signal) {
        if (!rules.ignoresSignal) signal.throwIfAborted();
        for (const block of rules.written(blocks)) {
          const name = rules.bucketOf(lane, block.bucket);
          const known = data.get(name);
          const bucket =
            known === undefined || dead(known) ? { blocks: new Map<string, StoredBlock>(), at: clock.now() } : known;
          if (rules.extends) bucket.at = clock.now();
          const { first, last } = block;
          bucket.blocks.set(rules.nameOf(lane, block), { first, last, bytes: rules.bytesOf(block.bytes) });
          data.set(name, bucket);
        }
      },
      health: async () => ({ ok: true }),
      close: async () => {
        if (rules.forgetsAtClose) data.clear();
      },
    };
  };
  return { manifest: SHARED, open: async (place, opening) => open(place, opening) };
}
