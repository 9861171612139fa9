import type { KeyStore } from "@tandem-cdc/core";

/** Claims of these benchmarks outlive them. */
export const HORIZON_MS: number = 2 * 24 * 3_600_000;

/** A place for claims, empty at first. */
export interface Subject {
  /** A key store on what is there, with nothing in its memory. */
  open(): Promise<KeyStore>;
  /** Bytes that all claims together take; undefined where that cannot be seen. */
  bytes(): Promise<number | undefined>;
  /** So that the next read of a bucket comes from the disk. False where that cannot be had. */
  cool?(): Promise<boolean>;
}

/** A store to measure: claims as Tandem keeps them, and one by one as a baseline. */
export interface Contestant {
  readonly packed: Subject;
  readonly plain?: Subject;
  stop(): Promise<void>;
}
