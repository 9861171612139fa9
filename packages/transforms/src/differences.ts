/** Where one of ours deliberately does something else than the Java original. */
export interface Difference {
  readonly id: string;
  /** The transform or predicate; `*` for all. */
  readonly transform: string;
  /** What ours does, and what the original does. */
  readonly what: string;
  readonly why: string;
}

/** All of them: the reference page lists them, and the differential tests tolerate nothing else. */
export const DIFFERENCES: readonly Difference[] = [];
