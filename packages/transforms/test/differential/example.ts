import type { WireRecord, WireSchema } from "@tandem-cdc/testbed";

/** A record whose key and value are the same. */
export function recordOf(value: unknown, schema: WireSchema | null = null): WireRecord {
  const place = { topic: "shop.orders", partition: 1, offset: 5, timestamp: 1000, headers: [] };
  return { ...place, keySchema: schema, key: value, valueSchema: schema, value };
}

/** A struct with one field. */
export function structWith(schema: WireSchema, value: unknown): WireRecord {
  return recordOf({ v: value }, { type: "struct", optional: false, fields: [{ name: "v", schema }] });
}

/** Null, where there is a default value. */
export const nullWithDefault: WireRecord = structWith({ type: "int32", optional: true, default: 7 }, null);
