import type { WireHeader, WireRecord, WireSchema } from "@tandem-cdc/testbed";

/** What two records have alike exactly when they say the same. Java's kinds of number count where a schema says so. */
export function canonicalRecord(record: WireRecord): unknown {
  const { headers, key, keySchema, partition, timestamp, topic, value, valueSchema } = record;
  return {
    topic,
    partition,
    timestamp,
    keySchema: canonicalSchema(keySchema),
    key: canonicalValue(key, keySchema),
    valueSchema: canonicalSchema(valueSchema),
    value: canonicalValue(value, valueSchema),
    headers: headers.map(canonicalHeader),
  };
}

/** The same of a schema and a value. */
export function canonicalData(schema: WireSchema | null, value: unknown): unknown {
  return { schema: canonicalSchema(schema), value: canonicalValue(value, schema) };
}

function canonicalHeader({ bytes, key }: WireHeader): unknown {
  return { key, value: bytes === null || bytes === undefined ? null : Buffer.from(bytes, "base64").toString("latin1") };
}

function canonicalSchema(schema: WireSchema | null | undefined): unknown {
  if (schema === null || schema === undefined) return null;
  const {
    default: preset,
    doc,
    fields,
    keySchema,
    name,
    optional = false,
    parameters,
    type,
    valueSchema,
    version,
  } = schema;
  const told = {
    type,
    optional,
    name,
    version,
    doc,
    parameters: Object.keys(parameters ?? {}).length === 0 ? null : parameters,
    default: canonicalValue(preset, schema),
    fields: fields?.map((field) => ({ name: field.name, schema: canonicalSchema(field.schema) })),
    keySchema: canonicalSchema(keySchema),
    valueSchema: canonicalSchema(valueSchema),
  };
  return Object.fromEntries(Object.entries(told).filter(([, each]) => each !== null && each !== undefined));
}

function canonicalValue(value: unknown, schema: WireSchema | null): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") {
    // Without a schema, a large whole number has but one look, whatever Java's type.
    if (schema === null && Number.isInteger(value) && !Number.isSafeInteger(value))
      return { $long: String(BigInt(value)) };
    return schema?.type === "float32" ? Math.fround(value) : value + 0;
  }
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each) => canonicalValue(each, schema?.valueSchema ?? null));
  const entries = Object.entries(value);
  const [tag, of] = entries.length === 1 ? (entries[0] as [string, unknown]) : ["", undefined];
  if (tag === "$int") return of;
  if (tag === "$long") return Number.isSafeInteger(Number(of)) ? Number(of) : { $long: of };
  if (tag === "$map") {
    const pairs = (of as [unknown, unknown][]).map(([key, each]) => [
      canonicalValue(key, schema?.keySchema ?? null),
      canonicalValue(each, schema?.valueSchema ?? null),
    ]);
    if (pairs.length === 0) return {};
    return { $map: pairs.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }
  if (tag.startsWith("$")) return value;
  if (schema?.type === "struct")
    return Object.fromEntries(
      (schema.fields ?? []).map((field) => [
        field.name,
        canonicalValue((value as Record<string, unknown>)[field.name], field.schema),
      ]),
    );
  // The order of a map says nothing: Java's are hashed.
  return Object.fromEntries(
    entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, canonicalValue(each, schema?.valueSchema ?? null)]),
  );
}
