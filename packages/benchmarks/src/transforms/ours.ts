import { type Batch, batchOf, type DataValue, type LaneContext, type Schema } from "@tandem-cdc/core";
import type { JavaStep, WireRecord, WireSchema } from "@tandem-cdc/testbed";
import {
  ConnectRecord,
  findPredicate,
  findTransform,
  jsonConverter,
  recordTransforms,
  type Step,
} from "@tandem-cdc/transforms";
import type { Form } from "./subjects.ts";

const BATCH = 500;
const converters = { key: jsonConverter(), value: jsonConverter() };
const context = { signal: new AbortController().signal } as LaneContext;

/** Takes so many records through the chain; gives the records that came out. */
export type Pass = (count: number) => Promise<number>;

export function passOf(chain: readonly JavaStep[], records: readonly WireRecord[], form: Form): Pass {
  const batch = batchOfRecords(records, form !== "JSON");
  return form === "objects" ? onObjects(chain.map(stepOf), batch) : fromBytes(chain.map(stepOf), batch);
}

function stepOf({ class: javaClass, config, predicate }: JavaStep): Step {
  const found = findTransform(javaClass);
  if (found === undefined) throw new Error(`no transform ${javaClass}`);
  const step = found.definition(config, found.part === undefined ? {} : { part: found.part });
  if (predicate === undefined) return step;
  const condition = findPredicate(predicate.class)?.definition(predicate.config);
  if (condition === undefined) throw new Error(`no predicate ${predicate.class}`);
  return { ...step, predicate: condition, negate: predicate.negate ?? false };
}

/** From payload bytes to payload bytes, by the stage that a pipeline has. */
function fromBytes(steps: readonly Step[], batch: Batch): Pass {
  const stage = recordTransforms(steps, { converters });
  return async (count) => {
    let out = 0;
    for (let done = 0; done < count; done += batch.length) {
      const { next } = await stage.apply(batch, context);
      for (let i = 0; i < next.length; i++) if (next.key(i) !== null || next.value(i) !== null) out++;
    }
    return out;
  };
}

/** The transforms alone, on records that are decoded. */
function onObjects(steps: readonly Step[], batch: Batch): Pass {
  const records = Array.from({ length: batch.length }, (_, i) => ConnectRecord.of(batch, i, converters));
  for (const record of records)
    if (record.key === null || record.value === null) throw new Error("nothing to transform");
  const applies = steps.map(applyOf);
  return (count) => {
    let out = 0;
    for (let done = 0; done < count; done += records.length)
      for (const record of records) {
        let at: ConnectRecord | null = record;
        for (const apply of applies) {
          at = apply(at);
          if (at === null) break;
        }
        if (at !== null) out++;
      }
    return Promise.resolve(out);
  };
}

function applyOf({ negate = false, predicate, transform }: Step): (record: ConnectRecord) => ConnectRecord | null {
  if (typeof transform !== "function") throw new Error("a transform that is no function is not measured");
  const apply = transform as (record: ConnectRecord) => ConnectRecord | null;
  if (predicate === undefined) return apply;
  return (record) => (predicate.test(record) === negate ? record : apply(record));
}

function batchOfRecords(records: readonly WireRecord[], schemas: boolean): Batch {
  const lane = { topic: records[0]?.topic ?? "", partition: 0 };
  const known = { topic: lane.topic } as const;
  const bytes = (part: "key" | "value", schema: WireSchema | null, value: unknown): Uint8Array | null =>
    converters[part].fromConnectData(
      { schema: schemas ? (schema as Schema | null) : null, value: plain(value) },
      { ...known, part },
    );
  return batchOf(
    lane,
    records.slice(0, BATCH).map(({ headers, key, keySchema, offset = 0, timestamp, value, valueSchema }) => ({
      offset,
      timestamp: timestamp ?? 0,
      headers: headers.map((header) => ({
        key: header.key,
        value: new Uint8Array(Buffer.from(header.bytes ?? "", "base64")),
      })),
      key: bytes("key", keySchema, key),
      value: bytes("value", valueSchema, value),
    })),
  );
}

/** Without the wire's tags. */
function plain(value: unknown): DataValue {
  if (typeof value !== "object" || value === null) return value as DataValue;
  const { $long } = value as { readonly $long?: string };
  if ($long !== undefined) return Number($long);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
