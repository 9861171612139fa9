import type { FaultLimits } from "../faults.ts";

/** How much of a seed's history happens: all of it, or what is left when a failure is shrunk. */
export interface Scope extends FaultLimits {
  /** Of the database's transactions, the first ones. */
  readonly transactions?: number;
  readonly instances?: number;
  /** One source instead of two. */
  readonly sources?: number;
  /** One partition of each topic. */
  readonly partitions?: number;
}

export const EVERYTHING: Scope = {};
