import { random } from "@tandem-cdc/acceptance";

export type StoreName = "redis" | "cassandra" | "rocksdb" | "naive";

/** The faults, by what they happen to: two of one place never overlap, those of different places may. */
export const FAULTS = {
  instances: ["killed", "zombie", "zombieReplaced", "rollingRestart", "scaled"],
  brokers: ["brokerKilled", "brokerHalted"],
  store: ["storeKilled", "storeHalted"],
  network: ["kafkaCut", "kafkaHung", "kafkaSlow", "storeCut", "storeHung", "storeSlow"],
  sources: ["clockJumped"],
} as const;

export type Place = keyof typeof FAULTS;
export type FaultKind = (typeof FAULTS)[Place][number];

export interface Fault {
  readonly place: Place;
  readonly kind: FaultKind;
  /** From the start of the run. It may begin later, when the one before it at that place takes longer. */
  readonly atMs: number;
  /** How long it lasts, without the time that what was hit takes to come back. */
  readonly holdMs: number;
  /** Two numbers in [0, 1): who is hit among those who are there, and how. */
  readonly pick: number;
  readonly way: number;
}

/** Shortest and longest `holdMs`. A zombie outlives its session, which is 10 s. */
const HOLDS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  killed: [0, 2_000],
  zombie: [11_000, 14_000],
  zombieReplaced: [11_000, 14_000],
  rollingRestart: [500, 1_500],
  scaled: [0, 0],
  brokerKilled: [1_000, 5_000],
  brokerHalted: [2_000, 10_000],
  storeKilled: [500, 4_000],
  storeHalted: [1_000, 8_000],
  kafkaCut: [500, 5_000],
  kafkaHung: [2_000, 12_000],
  kafkaSlow: [2_000, 6_000],
  storeCut: [500, 5_000],
  storeHung: [1_000, 8_000],
  storeSlow: [2_000, 6_000],
  clockJumped: [1_000, 10_000],
};

/** From the end of one fault to the next at that place, shortest and longest. */
const GAPS: Readonly<Record<Place, readonly [number, number]>> = {
  instances: [2_000, 6_000],
  brokers: [10_000, 20_000],
  store: [10_000, 20_000],
  network: [3_000, 9_000],
  sources: [5_000, 15_000],
};

/** RocksDB is one process on one machine: nobody replaces it, nothing is between. */
const NOT_WITH_ROCKSDB: readonly FaultKind[] = [
  "zombieReplaced",
  "scaled",
  "storeKilled",
  "storeHalted",
  "storeCut",
  "storeHung",
  "storeSlow",
];

/** Instances first, then after each `scaled`, over and over. */
export const SCALES = [1, 3, 2] as const;

export interface ScheduleOptions {
  readonly seed: number;
  readonly store: StoreName;
  /** No fault before, and none that would end after. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The faults of a run in the order of time: a seed gives the same ones whenever it is asked. */
export function schedule({ fromMs, seed, store, untilMs }: ScheduleOptions): Fault[] {
  const faults = Object.keys(FAULTS).flatMap((place, i) => {
    const kinds = FAULTS[place as Place].filter((kind) => store !== "rocksdb" || !NOT_WITH_ROCKSDB.includes(kind));
    return kinds.length === 0 ? [] : atPlace(place as Place, kinds, { fromMs, untilMs, next: random(seed * 31 + i) });
  });
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

interface Course {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly next: () => number;
}

function atPlace(place: Place, kinds: readonly FaultKind[], { fromMs, next, untilMs }: Course): Fault[] {
  const between = ([least, most]: readonly [number, number]): number => Math.round(least + next() * (most - least));
  const faults: Fault[] = [];
  // The first one comes after a part of a gap, so that the places do not begin together.
  let atMs = fromMs + Math.round(next() * GAPS[place][0]);
  // Each kind once before any comes again. More instances come first: alone, one has nobody to give its lanes to.
  let bag: FaultKind[] = place === "instances" && kinds.includes("scaled") ? ["scaled"] : [];
  for (;;) {
    if (bag.length === 0) bag = shuffled(kinds, next);
    const kind = bag.shift() as FaultKind;
    const fault = { place, kind, atMs, holdMs: between(HOLDS[kind]), pick: next(), way: next() };
    if (fault.atMs + fault.holdMs > untilMs) return faults;
    faults.push(fault);
    atMs += fault.holdMs + between(GAPS[place]);
  }
}

function shuffled<T>(all: readonly T[], next: () => number): T[] {
  return all
    .map((one) => ({ one, by: next() }))
    .toSorted((a, b) => a.by - b.by)
    .map(({ one }) => one);
}
