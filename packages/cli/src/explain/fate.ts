import type { Outcomes } from "@tandem-cdc/core";

/** What became of one record. */
export interface Fate {
  readonly kind: "emitted" | "dropped" | "diverted" | "rejected" | "stopped";
  /** A short constant: `duplicate`, `late`, `possible-duplicate`, ...; `first` for what is simply emitted. */
  readonly reason: string;
  /** What the stage said of it: why it was rejected, what diverted records carry. */
  readonly detail?: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Reads it from what the stage made of a batch of one record, and from what it counted. */
export function fateOf({ diverted, dropped, next, rejected }: Outcomes, counts: ReadonlyMap<string, number>): Fate {
  const [rejection] = rejected;
  if (rejection !== undefined) return { kind: "rejected", reason: "rejected", detail: rejection.cause.message };
  const [diversion] = diverted;
  if (diversion !== undefined) return { kind: "diverted", reason: diversion.reason, context: diversion.context };
  const [drop] = dropped;
  if (drop !== undefined) return { kind: "dropped", reason: counts.has("divergence") ? "divergence" : drop.reason };
  if (next.length === 0) return { kind: "dropped", reason: "unknown" };
  if (counts.has("possible-duplicate")) return { kind: "emitted", reason: "possible-duplicate" };
  return { kind: "emitted", reason: counts.has("late") ? "late" : "first" };
}
