import { type IdentityStrategy, TandemError } from "@tandem-cdc/core";
import type { DedupOptions } from "@tandem-cdc/dedup";
import { debeziumIdentity } from "../../src/index.ts";
import type { ConditionName } from "./conditions.ts";

/** An identity strategy, and what is said of it. */
export interface Judged {
  readonly name: string;
  readonly identity: IdentityStrategy;
  readonly dedup?: Partial<DedupOptions>;
  /** Judged in a part of the histories only, though it is exact. */
  readonly sampled?: true;
  /** Where it is not exact: it is then shown to be wrong. Everywhere else it has to be exact. */
  readonly inexact: readonly ConditionName[] | "everywhere";
}

const SOURCES = { header: "connector" };
const decoder = new TextDecoder();

interface Event {
  readonly before: unknown;
  readonly after: unknown;
  readonly op: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly transaction: {
    readonly id: string;
    readonly total_order: number;
    readonly data_collection_order: number;
  } | null;
}

/** An identity that a stranger might write: these values of the decoded event, whatever they are. */
export function naive(
  name: string,
  valuesOf: (event: Event, key: string | null) => readonly unknown[],
): IdentityStrategy {
  return {
    name,
    version: 1,
    openLane: () => ({
      identify(batch, i, into) {
        const value = batch.value(i);
        if (value === null) return "tombstone";
        const event = JSON.parse(decoder.decode(value)) as Event;
        const key = batch.key(i);
        const values = valuesOf(event, key === null ? null : decoder.decode(key));
        if (values.includes(undefined)) return new TandemError("RECORD_UNIDENTIFIABLE", "a field is missing");
        into.text(JSON.stringify(values));
        into.deletes = event.op === "d";
        return event.op === "r" ? "snapshot" : "change";
      },
      state: () => undefined,
    }),
  };
}

export const withSources = (inexact: readonly ConditionName[]): Judged => ({
  name: "`debezium` with sources",
  identity: debeziumIdentity({ sources: SOURCES }),
  inexact,
});

export const withoutSources = (inexact: readonly ConditionName[]): Judged => ({
  name: "`debezium` without sources",
  identity: debeziumIdentity(),
  inexact,
});
