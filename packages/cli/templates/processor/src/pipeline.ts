import type { Clock, KeyStore, Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { extractNewRecordState, jsonConverter, recordTransforms } from "@tandem-cdc/transforms";

const json = jsonConverter();

/** What happens to records, in this order. */
export function stages(keyStore: KeyStore, clock?: Clock): readonly Transform[] {
  const identity = debeziumIdentity({ sources: { header: "connector" } });
  return [
    dedup({ identity, keyStore, ...(clock === undefined ? {} : { clock }) }),
    recordTransforms([extractNewRecordState({})], { converters: { key: json, value: json } }),
  ];
}
