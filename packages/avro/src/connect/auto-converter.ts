import type { Converter, EncodeContext } from "@tandem-cdc/core";
import { isFramed } from "../wire.ts";

/** Tells JSON and Avro apart, record by record, and writes each in the form that it came in. */
export function autoConverter(json: Converter, avro: Converter): Converter {
  const isAvro = ({ original }: EncodeContext): boolean =>
    original !== undefined && original !== null && isFramed(original);
  return {
    name: "auto",
    prepare: (payloads, signal) => avro.prepare?.(payloads, signal),
    toConnectData: (payload, context) =>
      (payload !== null && isFramed(payload) ? avro : json).toConnectData(payload, context),
    prepareSchemas(items, signal) {
      const ofAvro = items.filter(({ context }) => isAvro(context));
      return ofAvro.length === 0 ? undefined : avro.prepareSchemas?.(ofAvro, signal);
    },
    fromConnectData: (data, context) => (isAvro(context) ? avro : json).fromConnectData(data, context),
  };
}
