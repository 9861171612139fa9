import { batchOf, type PayloadFormat, type Projection, type ProjectionOptions } from "@tandem-cdc/core";
import { avroFormat, framed } from "../src/index.ts";
import { avscType } from "./bigint-long.ts";
import { stubRegistry } from "./stub-registry.ts";

/** A value as avsc encodes it, with every union wrapped, in Confluent's wire format. */
export function payloadOf(schema: unknown, value: unknown, id = 1): Uint8Array {
  return framed(id, avscType(schema, "always").toBuffer(value));
}

export const lane = { topic: "orders", partition: 0 };

export function batchWith(...values: (Uint8Array | null)[]): ReturnType<typeof batchOf> {
  return batchOf(
    lane,
    values.map((value, offset) => ({ offset, timestamp: 0, key: null, value })),
  );
}

/** A projection that knows the schemas of these payloads. */
export async function prepared(
  format: PayloadFormat,
  fields: readonly string[],
  payloads: readonly Uint8Array[],
  options?: ProjectionOptions,
): Promise<Projection> {
  const projection = format.project("value", fields, options);
  await projection.prepare?.(batchWith(...payloads), new AbortController().signal);
  return projection;
}

/** A projection that stands on one value. */
export async function projected(
  schema: unknown,
  value: unknown,
  fields: readonly string[],
  options?: ProjectionOptions,
): Promise<Projection> {
  const payload = payloadOf(schema, value);
  const format = avroFormat({ registry: stubRegistry({ 1: schema }) });
  const projection = await prepared(format, fields, [payload], options);
  projection.read(payload);
  return projection;
}
