import type { Clock, KeyStore, Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { type ConnectRecord, extractNewRecordState, jsonConverter, transformStages } from "@tandem-cdc/transforms";

/** What output topics begin with. */
export const PREFIX = "{{short}}.";

export interface ProcessorOptions {
  readonly keyStore: KeyStore;
  /** How old a copy may be to be recognized. */
  readonly horizonMs: number;
  /** True where the store forgets when the process ends: it learns its claims again from the topics. */
  readonly rebuild?: boolean;
  readonly clock?: Clock;
}

/** The processor: every change of two connectors once, as the row that it leaves, and paid orders only. */
export function processor({ clock, horizonMs, keyStore, rebuild = false }: ProcessorOptions): readonly Transform[] {
  const json = jsonConverter();
  return [
    dedup({
      identity: debeziumIdentity({ sources: { header: "connector" } }),
      keyStore,
      horizonMs,
      ...(rebuild ? { rebuild: { horizonMs } } : {}),
      ...(clock === undefined ? {} : { clock }),
    }),
    ...transformStages([extractNewRecordState({}), { name: "paid", transform: paidOnly }], {
      converters: { key: json, value: json },
      outputTopic: (topic) => PREFIX + topic,
    }),
  ];
}

/** A step of one's own: the record, a changed one (`record.with(...)`), several, or null, which drops it. */
export function paidOnly(record: ConnectRecord): ConnectRecord | null {
  const row = record.value as { readonly status?: unknown } | null;
  return row?.status === "paid" ? record : null;
}
