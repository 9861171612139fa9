import type { PayloadFormat } from "@tandem-cdc/core";
import { AvroProjection } from "./projection.ts";
import type { SchemaRegistry } from "./registry.ts";

export interface AvroFormatOptions {
  readonly registry: SchemaRegistry;
}

/**
 * Avro in Confluent's wire format. `bytes` and `canonical` are one form here, made only when asked for: two connectors may
 * write one change under different schema ids. `bytes` leaves nothing out.
 */
export function avroFormat({ registry }: AvroFormatOptions): PayloadFormat {
  return {
    name: "avro",
    project: (part, fields, options) => new AvroProjection(registry, part, fields, options),
  };
}
