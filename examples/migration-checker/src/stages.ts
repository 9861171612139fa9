import type { KeyStore, Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { jsonConverter, transformStages } from "@tandem-cdc/transforms";
import { checker, type CheckerOptions } from "./checker.ts";

/** `mismatches.cdc.shop.orders` */
export const PREFIX = "mismatches.";

/** Every change of two connectors once, then the check. */
export function stages({
  keyStore,
  ...options
}: CheckerOptions & { readonly keyStore: KeyStore }): readonly Transform[] {
  const json = jsonConverter();
  const { clock } = options;
  return [
    dedup({
      identity: debeziumIdentity({ sources: { header: "connector" } }),
      keyStore,
      ...(clock === undefined ? {} : { clock }),
    }),
    ...transformStages([checker(options)], {
      converters: { key: json, value: json },
      outputTopic: (topic) => PREFIX + topic,
      retry: { timeoutMs: 60_000, delayMaxMs: 1_000, ...(clock === undefined ? {} : { clock }) },
    }),
  ];
}
