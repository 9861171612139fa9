import type { PayloadFormat, Projection } from "@tandem-cdc/core";
import { isFramed } from "./wire.ts";

/** Tells JSON and Avro apart, record by record: while a topic moves from one converter to the other, it holds both. */
export function autoFormat(json: PayloadFormat, avro: PayloadFormat): PayloadFormat {
  return {
    name: "auto",
    project(part, fields, options) {
      const [ofJson, ofAvro] = [json.project(part, fields, options), avro.project(part, fields, options)];
      let current: Projection = ofJson;
      return {
        prepare(batch, signal) {
          const waits = [ofJson.prepare?.(batch, signal), ofAvro.prepare?.(batch, signal)].filter(
            (wait) => wait !== undefined,
          );
          return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
        },
        read(payload) {
          current = isFramed(payload) ? ofAvro : ofJson;
          current.read(payload);
        },
        has: (field) => current.has(field),
        text: (field) => current.text(field),
        integer: (field) => current.integer(field),
        bytes: (field) => current.bytes(field),
        canonical: (field) => current.canonical(field),
      };
    },
  };
}
