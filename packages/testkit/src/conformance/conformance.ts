import { randomBytes, randomInt } from "node:crypto";
import { type Clock, type Lane, systemClock } from "@tandem-cdc/core";

/** One statement about a store; `run` rejects where it does not hold. Any runner will do: `it(name, run)`. */
export interface ConformanceTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * In what stores differ, as data. The suite checks `survives.restart`, `clients` and `expiry` in both directions: a
 * store that promises less than it does fails as well. The rest stands in `report`, and is yours to show.
 */
export interface StoreManifest {
  /** As it stands in reports. */
  readonly name: string;
  /** True where every acknowledged claim is still there afterwards. */
  readonly survives: {
    /** The process ends in order and starts again. */
    readonly restart: boolean;
    /** `kill -9` of the process that uses the store. */
    readonly processCrash: boolean;
    /** The machine that uses the store loses its power, and comes back with its disk. */
    readonly powerCut: boolean;
    /** The machine that uses the store is gone with its disk. */
    readonly machineLoss: boolean;
    /** One node of the store is gone for good. Left out where the store has no nodes. */
    readonly nodeDown?: boolean;
  };
  /**
   * Two clients of the same data at the same time: they `shared` it, the second is refused (`exclusive`), or each has
   * its own (`separate`).
   */
  readonly clients: "shared" | "exclusive" | "separate";
  /** Whose time lets claims expire: the `clock` that the store is opened with, or a `server`'s, which has to be awaited. */
  readonly expiry: "clock" | "server";
}

export interface StoreOpening {
  readonly horizonMs: number;
  readonly clock: Clock;
}

/** How the suite gets at stores. */
export interface StoreMaker<Store> {
  readonly manifest: StoreManifest;
  /**
   * A new client of the data called `place` (a word of letters and digits: make a namespace or a directory of it). The
   * same place again is the same data. Clean up after the suite; places are never used twice.
   */
  open(place: string, opening: StoreOpening): Promise<Store>;
}

/** What a test opens; everything is closed when it ends. */
export interface Session<Store> {
  readonly manifest: StoreManifest;
  readonly open: (opening?: Partial<StoreOpening>) => Promise<Store>;
  /** Data that nobody else knows, on the same server. */
  readonly elsewhere: () => Promise<Store>;
  readonly close: (store: Store) => Promise<void>;
  /** Closes and opens again. */
  readonly reopen: (store: Store, opening?: Partial<StoreOpening>) => Promise<Store>;
}

const HOUR_MS = 3_600_000;
export const NEVER: AbortSignal = new AbortController().signal;

export function randomPlace(): string {
  return `conformance${randomBytes(8).toString("hex")}`;
}

export function randomLane(partition: number = randomInt(100)): Lane {
  return { topic: `cdc.${randomBytes(6).toString("hex")}`, partition };
}

/** A test that runs in a session of its own. */
export function sessionTest<Store extends { close(): Promise<void> }>(
  maker: StoreMaker<Store>,
  name: string,
  body: (session: Session<Store>) => Promise<void>,
): ConformanceTest {
  async function run(): Promise<void> {
    const place = randomPlace();
    const opened = new Set<Store>();
    const open = async (at: string, opening: Partial<StoreOpening> = {}): Promise<Store> => {
      const store = await maker.open(at, { horizonMs: HOUR_MS, clock: systemClock, ...opening });
      opened.add(store);
      return store;
    };
    const close = async (store: Store): Promise<void> => {
      opened.delete(store);
      await store.close();
    };
    try {
      await body({
        manifest: maker.manifest,
        open: (opening) => open(place, opening),
        elsewhere: () => open(randomPlace()),
        close,
        reopen: async (store, opening) => {
          await close(store);
          return open(place, opening);
        },
      });
    } finally {
      for (const store of opened) await store.close();
    }
  }
  return { name, run };
}
