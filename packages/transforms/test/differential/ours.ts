import { asError, type Batch, type Converter, type LaneContext, type Transform } from "@tandem-cdc/core";
import type { WireRecord, WireSchema } from "@tandem-cdc/testbed";
import {
  type ConfiguredTransform,
  ConnectRecord,
  type Converters,
  findPredicate,
  findTransform,
  recordTransforms,
} from "../../src/index.ts";
import { fromWire, schemaFromWire, schemaToWire, toWire } from "./wire.ts";

/** What one of ours, or of theirs, makes of a record. */
export type Fate =
  | { readonly result: readonly WireRecord[] | boolean }
  | { readonly refused: "configure" | "apply"; readonly error: string };

interface WirePayload {
  readonly schema: WireSchema | null;
  readonly value: unknown;
}

/** Payloads are the wire's own JSON. Nothing at all is a tombstone. */
const wireConverter: Converter = {
  name: "wire",
  toConnectData(payload) {
    if (payload === null) return { schema: null, value: null };
    const { schema: wire, value } = JSON.parse(Buffer.from(payload).toString()) as WirePayload;
    const schema = schemaFromWire(wire);
    return { schema, value: fromWire(value, schema) };
  },
  fromConnectData: ({ schema, value }) => payloadOf({ schema: schemaToWire(schema), value: toWire(value, schema) }),
};
const converters: Converters = { key: wireConverter, value: wireConverter };

function payloadOf({ schema, value }: WirePayload): Uint8Array | null {
  return schema === null && value === null ? null : Buffer.from(JSON.stringify({ schema, value }));
}

function batchOfOne(record: WireRecord): Batch {
  const lane = { topic: record.topic, partition: record.partition ?? 0 };
  const key = payloadOf({ schema: record.keySchema, value: record.key });
  const value = payloadOf({ schema: record.valueSchema, value: record.value });
  const headers = record.headers.map((header) => ({
    key: header.key,
    value:
      header.bytes === null || header.bytes === undefined ? null : new Uint8Array(Buffer.from(header.bytes, "base64")),
  }));
  return {
    lane,
    length: 1,
    offset: () => record.offset ?? 0,
    timestamp: () => record.timestamp ?? 0,
    key: () => key,
    value: () => value,
    headers: () => headers,
    topic: () => lane.topic,
    partition: () => lane.partition,
  };
}

function wireRecord(batch: Batch, i: number): WireRecord {
  const payload = (bytes: Uint8Array | null): WirePayload =>
    bytes === null ? { schema: null, value: null } : (JSON.parse(Buffer.from(bytes).toString()) as WirePayload);
  const [key, value] = [payload(batch.key(i)), payload(batch.value(i))];
  return {
    topic: batch.topic(i),
    partition: batch.partition(i),
    timestamp: batch.timestamp(i),
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    headers: batch.headers(i).map((header) => ({
      key: header.key,
      bytes: header.value === null ? null : Buffer.from(header.value).toString("base64"),
    })),
  };
}

/** A transform of ours, on one record, in the stage that a pipeline has. */
export async function applyOurs(make: () => ConfiguredTransform, record: WireRecord): Promise<Fate> {
  let stage: Transform;
  try {
    stage = recordTransforms([make()], { converters });
  } catch (thrown) {
    return { refused: "configure", error: asError(thrown).message };
  }
  const context = { signal: new AbortController().signal } as LaneContext;
  await stage.openLane?.(context);
  const { next, rejected } = await stage.apply(batchOfOne(record), context);
  await stage.close?.();
  const [rejection] = rejected;
  if (rejection !== undefined) return { refused: "apply", error: rejection.cause.message };
  return { result: Array.from({ length: next.length }, (_, i) => wireRecord(next, i)) };
}

/** The transform of ours that stands in for the Java class. */
export function madeOf(javaClass: string, config: Readonly<Record<string, string>>): ConfiguredTransform {
  const found = findTransform(javaClass);
  if (found === undefined) throw new Error(`none of our transforms stands in for ${javaClass}`);
  return found.definition(config, found.part === undefined ? {} : { part: found.part });
}

export function testOurs(
  javaClass: string,
  config: Readonly<Record<string, string>>,
  negate: boolean,
  record: WireRecord,
): Fate {
  const found = findPredicate(javaClass);
  if (found === undefined) throw new Error(`none of our predicates stands in for ${javaClass}`);
  let predicate: ReturnType<typeof found.definition>;
  try {
    predicate = found.definition(config);
  } catch (thrown) {
    return { refused: "configure", error: asError(thrown).message };
  }
  try {
    return { result: predicate.test(ConnectRecord.of(batchOfOne(record), 0, converters)) !== negate };
  } catch (thrown) {
    return { refused: "apply", error: asError(thrown).message };
  }
}
