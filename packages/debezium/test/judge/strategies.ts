import { type IdentityStrategy, TandemError } from "@tandem-cdc/core";
import type { DedupOptions } from "@tandem-cdc/dedup";
import {
  contentIdentity,
  debeziumIdentity,
  type DebeziumIdentityOptions,
  fieldsIdentity,
  headerIdentity,
} from "../../src/index.ts";
import type { ConditionName } from "./conditions.ts";

/** An identity strategy, and what is said of it. */
export interface Judged {
  readonly name: string;
  readonly identity: IdentityStrategy;
  readonly dedup?: Partial<DedupOptions>;
  /** False: the connectors send none, and none is made. */
  readonly tombstones?: boolean;
  /** Judged in a part of the histories only, though it is exact. */
  readonly sampled?: true;
  /** Where it is not exact: it is then shown to be wrong. Everywhere else it has to be exact. */
  readonly inexact: readonly ConditionName[] | "everywhere";
}

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

/** An identity that suggests itself: these values of the decoded event, whatever they are. */
export function naive(
  name: string,
  valuesOf: (event: Event, key: string | null) => readonly unknown[],
  inexact: Judged["inexact"],
): Judged {
  const identity: IdentityStrategy = {
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
  return { name, identity, sampled: true, inexact };
}

function named(sources: string, { binlog }: DebeziumIdentityOptions): string {
  return `\`debezium\` ${sources}${binlog === undefined ? "" : `, \`binlog: ${binlog}\``}`;
}

export function withSources(inexact: Judged["inexact"], options: DebeziumIdentityOptions = {}): Judged {
  return {
    name: named("with sources", options),
    identity: debeziumIdentity({ ...options, sources: { header: "connector" } }),
    inexact,
  };
}

export function withoutSources(inexact: Judged["inexact"], options: DebeziumIdentityOptions = {}): Judged {
  return { name: named("without sources", options), identity: debeziumIdentity(options), inexact };
}

/** What differs between connectors on two replicas, or from delivery to delivery. */
const UNEQUAL = ["ts_ms", "transaction", "source.file", "source.pos", "source.row", "source.sequence"];

/** Identities of any records know neither deletes nor snapshots; they go with connectors that send no tombstones. */
export const byContent = (inexact: readonly ConditionName[]): Judged => ({
  name: "`content` but for what differs",
  identity: contentIdentity({ except: UNEQUAL }),
  tombstones: false,
  sampled: true,
  inexact,
});

export const byFields = (fields: readonly string[], inexact: readonly ConditionName[]): Judged => ({
  name: `\`fields\`: ${fields.map((field) => field.replace("source.", "")).join(", ")}`,
  identity: fieldsIdentity({ fields }),
  tombstones: false,
  sampled: true,
  inexact,
});

/** Some connectors can be given a transform that adds what the application numbered its changes with. */
export const byHeader = (inexact: readonly ConditionName[]): Judged => ({
  name: "`header` with an id of each change",
  identity: headerIdentity({ header: "event-id" }),
  tombstones: false,
  sampled: true,
  inexact,
});
