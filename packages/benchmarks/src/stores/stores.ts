import { cassandra } from "./cassandra.ts";
import { level, rocksdb } from "./embedded.ts";
import { type Figures, measure } from "./measure.ts";
import { memory, nowhere } from "./memory.ts";
import { redis } from "./redis.ts";
import type { Contestant } from "./subject.ts";

interface Entry {
  readonly open: () => Promise<Contestant>;
  /** Whether claims outlive the instance that made them. */
  readonly outlives: boolean;
  /** Batches of each lane that the baseline gets, where it would take too long with all of them. */
  readonly plainBatches: number;
  /** Only when everything is asked for. */
  readonly full?: true;
}

const STORES: Readonly<Record<string, Entry>> = {
  memory: { open: memory, outlives: false, plainBatches: 200 },
  "packed alone": { open: nowhere, outlives: false, plainBatches: 0 },
  level: { open: level, outlives: true, plainBatches: 50 },
  rocksdb: { open: rocksdb, outlives: true, plainBatches: 50 },
  redis: { open: () => redis("always"), outlives: true, plainBatches: 100 },
  "redis everysec": { open: () => redis("everysec"), outlives: true, plainBatches: 100 },
  cassandra: { open: () => cassandra(1), outlives: true, plainBatches: 20 },
  "cassandra 3 nodes": { open: () => cassandra(3), outlives: true, plainBatches: 10, full: true },
};

export const STORE_NAMES: readonly string[] = Object.keys(STORES);

export interface StoreFigures {
  readonly packed: Figures;
  /** One by one, as a baseline. */
  readonly plain: Figures | null;
  /** How many times faster packed is, and what part of the bytes it takes. */
  readonly ratios: { readonly fresh: number; readonly halves: number; readonly bytes: number | null } | null;
}

export interface StoresOptions {
  /** Names of stores; all when empty. */
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly full: boolean;
  readonly say: (text: string) => void;
}

/** Every store, one after the other: claims as Tandem keeps them, and one by one in the same run. */
export async function stores({ full, only, quick, say }: StoresOptions): Promise<Record<string, StoreFigures>> {
  const results: Record<string, StoreFigures> = {};
  for (const [name, entry] of Object.entries(STORES)) {
    if (only.length > 0 ? !only.includes(name) : entry.full === true && !full) continue;
    say(`${name} ...`);
    const contestant = await entry.open();
    try {
      results[name] = await figuresOf(contestant, entry, quick ? 5 : 1);
      say(`  ${JSON.stringify(results[name])}`);
    } finally {
      await contestant.stop();
    }
  }
  return results;
}

async function figuresOf({ packed, plain }: Contestant, entry: Entry, divisor: number): Promise<StoreFigures> {
  const { outlives, plainBatches } = entry;
  const ours = await measure(packed, { takeover: outlives, batches: 500 / divisor });
  if (plain === undefined) return { packed: ours, plain: null, ratios: null };
  const theirs = await measure(plain, { takeover: false, batches: plainBatches / divisor });
  return { packed: ours, plain: theirs, ratios: ratiosOf(ours, theirs) };
}

function ratiosOf(packed: Figures, plain: Figures): StoreFigures["ratios"] {
  const rounded = (value: number): number => Math.round(value * 10) / 10;
  const { bytesPerClaim: few } = packed;
  const { bytesPerClaim: many } = plain;
  return {
    fresh: rounded(packed.fresh.claimsPerSecond / plain.fresh.claimsPerSecond),
    halves: rounded(packed.halves.claimsPerSecond / plain.halves.claimsPerSecond),
    bytes: few === null || many === null ? null : Math.round((few / many) * 100) / 100,
  };
}
