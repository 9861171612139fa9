import type { Batch } from "./batch.ts";

/** A question about one record. Synchronous, and without side effects. */
export interface Predicate {
  readonly name: string;
  test(batch: Batch, i: number): boolean;
}

export function not(predicate: Predicate): Predicate {
  return { name: `not(${predicate.name})`, test: (batch, i) => !predicate.test(batch, i) };
}
