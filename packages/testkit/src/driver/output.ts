import type { Converter, DataValue, Header } from "@tandem-cdc/core";
import type { StoredRecord } from "../kafka/partition-log.ts";
import { differences, type Expected, shown } from "./matching.ts";

/** A committed record, decoded. What cannot be decoded stays bytes. */
export interface Output {
  readonly topic: string;
  readonly partition: number;
  readonly key: DataValue;
  readonly value: DataValue;
  /** As text; the last of a name. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly timestamp: number;
}

/** A record that is expected. What is left out may be anything; of objects, only the fields that stand there are compared. */
export interface ExpectedOutput {
  readonly topic?: string | RegExp;
  readonly partition?: number;
  readonly key?: Expected;
  /** Null: a tombstone. Bytes: byte for byte. */
  readonly value?: Expected;
  /** `undefined`: there is no such header. */
  readonly headers?: Readonly<Record<string, string | RegExp | null | undefined>>;
  readonly timestamp?: number;
}

/** A dead letter that is expected: the record, and why it is one. */
export interface ExpectedDeadLetter extends ExpectedOutput {
  /** The transform that rejected it. */
  readonly stage?: string;
  /** Of the error, such as `RECORD_REJECTED`. */
  readonly code?: string;
  /** Of the error. */
  readonly message?: string | RegExp;
}

/** A record with its bytes, and its decoded form. */
export interface Received {
  readonly output: Output;
  readonly record: StoredRecord;
}

const decoder = new TextDecoder();

interface Converters {
  readonly key: Converter;
  readonly value: Converter;
}

export function received(
  record: StoredRecord,
  place: { readonly topic: string; readonly partition: number },
  converters: Converters,
): Received {
  const decoded = (part: "key" | "value"): DataValue => {
    const bytes = record[part];
    if (bytes === null) return null;
    try {
      return converters[part].toConnectData(bytes, { topic: place.topic, part }).value;
    } catch {
      return bytes;
    }
  };
  const { headers, timestamp } = record;
  return {
    record,
    output: { ...place, key: decoded("key"), value: decoded("value"), headers: textOf(headers), timestamp },
  };
}

function textOf(headers: readonly Header[]): Output["headers"] {
  return Object.fromEntries(headers.map(({ key, value }) => [key, value === null ? null : decoder.decode(value)]));
}

/** How a record differs from what is expected, a line each. */
function unlike({ output, record }: Received, expected: ExpectedDeadLetter): readonly string[] {
  const { code, headers = {}, message, stage, ...parts } = expected;
  const error = {
    ...(stage === undefined ? {} : { "tandem.stage": stage }),
    ...(code === undefined ? {} : { "tandem.code": code }),
    ...(message === undefined ? {} : { "__connect.errors.exception.message": message }),
  };
  return [
    ...Object.entries(parts).flatMap(([name, each]) => {
      const part = name as keyof typeof parts;
      const raw = each instanceof Uint8Array && (part === "key" || part === "value");
      return each === undefined ? [] : differences(raw ? record[part] : output[part], each, name);
    }),
    ...Object.entries({ ...headers, ...error }).flatMap(([name, each]) => {
      const found = output.headers[name];
      if (each !== undefined) return differences(found, each, `headers.${name}`);
      return found === undefined ? [] : [`headers.${name}: expected none, found ${shown(found)}`];
    }),
  ];
}

/** What is wrong with records, against those that are expected in this order. Empty: nothing. */
export function mismatches(found: readonly Received[], expected: readonly ExpectedDeadLetter[]): readonly string[] {
  const lines: string[] = [];
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    const [actual, wanted] = [found[i], expected[i]];
    if (wanted === undefined) lines.push(`  [${i}] not expected: ${shown(actual?.output)}`);
    else if (actual === undefined) lines.push(`  [${i}] missing: ${shown(wanted)}`);
    else lines.push(...unlike(actual, wanted).map((line) => `  [${i}] ${line}`));
  }
  return lines;
}
