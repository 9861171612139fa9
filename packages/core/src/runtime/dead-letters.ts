import { type Batch, type Header, RecordView } from "../batch.ts";
import { type ErrorCode, TandemError } from "../errors.ts";
import type { Diversion, Outcomes, Rejection } from "../outcomes.ts";
import { type RecordChange, select } from "../selection.ts";
import type { ErrorPolicy, Redriven } from "./pipeline.ts";

/** Stage name of records whose output is refused for good: their dead letters go without what may be the reason. */
export const REFUSED = "output";

/** Prefixes of the headers: Connect's own, and ours. */
const CONNECT = "__connect.errors.";
const OURS = "tandem.";

/** An exception may quote the value that it could not read. */
const MESSAGE_CHARACTERS = 2_000;
const TRACE_CHARACTERS = 4_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Text that every client carries in a header. */
function plain(text: string): string {
  return text.slice(0, MESSAGE_CHARACTERS).replaceAll(/\p{Cc}/gu, " ");
}

/** The same, but its lines stay lines. */
function lines(text: string): string {
  return text.slice(0, TRACE_CHARACTERS).replaceAll(/[^\P{Cc}\n]/gu, " ");
}

/** True for a header that every client carries: text without control characters. */
function isPlain({ key, value }: Header): boolean {
  try {
    return value !== null && key !== "__proto__" && !/\p{Cc}|\uFFFD/u.test(key + decoder.decode(value));
  } catch {
    return false;
  }
}

type Context = Readonly<Record<string, string | undefined>>;

function headersOf(prefix: string, context: Context): readonly Header[] {
  return Object.entries(context).flatMap(([name, text]) =>
    text === undefined ? [] : [{ key: prefix + name, value: encoder.encode(text) }],
  );
}

/** Where a record stood: Connect's own names. The topic comes first: what stands before it is the record's own. */
function coordinate({ lane, offset }: RecordView): Context {
  return { topic: lane.topic, partition: String(lane.partition), offset: String(offset) };
}

/** Where the stages before have sent it, if not where it stood. */
function rerouted({ lane, partition, topic }: RecordView): Context {
  if (topic === lane.topic && partition === lane.partition) return {};
  return { topic, partition: String(partition) };
}

/** Ours: what the error is at heart. */
function codeOf(cause: Error): ErrorCode {
  if (cause instanceof TandemError && cause.code !== "TRANSACTION_FAILED") return cause.code;
  if (cause.cause instanceof TandemError) return codeOf(cause.cause);
  return cause instanceof TandemError ? "RECORD_POISON" : "RECORD_REJECTED";
}

interface Writer {
  /** Name of the pipeline. */
  readonly pipeline: string;
  readonly policy: ErrorPolicy;
}

function contextOf(
  { attempts, key, record, resumeAt }: Redriven,
  { cause, reason, refused, stage }: Rejection,
  writer: Writer,
): readonly Header[] {
  const { name, task } = writer.policy.reporter ?? { name: writer.pipeline, task: "0" };
  return [
    ...headersOf(CONNECT, {
      ...coordinate(record),
      "connector.name": name,
      "task.id": task,
      stage: stage === REFUSED ? "KAFKA_PRODUCE" : "TRANSFORMATION",
      "class.name": stage,
      "exception.class.name": cause.name,
      "exception.message": plain(cause.message),
      "exception.stacktrace": lines(cause.stack ?? ""),
    }),
    ...headersOf(OURS, {
      stage,
      code: codeOf(cause),
      attempts: String(attempts + 1),
      resume: resumeAt,
      key,
      refused: refused === true ? "true" : undefined,
      reason,
      ...rerouted(record),
    }),
  ];
}

/** A record and what differs of it on its way aside. */
interface Aside {
  readonly index: number;
  readonly change: RecordChange;
}

function subjectOf(batch: Batch, { index, resume }: Rejection, key: string | undefined): Redriven {
  return {
    record: resume?.record ?? new RecordView(batch, index),
    attempts: 0,
    ...(resume === undefined ? {} : { resumeAt: resume.at }),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * A rejected record, as its stage received it, with the context behind its own headers. What may be why an output is
 * refused stays out: the value, headers that are not text, a timestamp of 0.
 */
function deadLetter(batch: Batch, rejection: Rejection, topic: string, writer: Writer, key?: string): Aside {
  const { index, refused } = rejection;
  const { deadLetterHeaders = true, redriven } = writer.policy;
  const subject = redriven?.(batch, index) ?? subjectOf(batch, rejection, key);
  const { record } = subject;
  const own = refused === true ? record.headers.filter(isPlain) : record.headers;
  return {
    index,
    change: {
      topic,
      partition: 0,
      key: record.key,
      value: refused === true ? null : record.value,
      timestamp: refused === true ? record.timestamp || 1 : record.timestamp,
      headers: deadLetterHeaders ? [...own, ...contextOf(subject, rejection, writer)] : own,
    },
  };
}

function diversion(
  batch: Batch,
  { context, index, reason, stage, topic }: Diversion,
  writer: Writer,
  claimed?: string,
): Aside {
  const { name, task } = writer.policy.reporter ?? { name: writer.pipeline, task: "0" };
  const record = writer.policy.redriven?.(batch, index).record ?? new RecordView(batch, index);
  const { key, timestamp, value } = record;
  const headers = [
    ...record.headers,
    ...headersOf(CONNECT, { ...coordinate(record), "connector.name": name, "task.id": task }),
    ...headersOf(OURS, { stage, reason, key: claimed, ...mapped(context) }),
  ];
  return { index, change: { topic, partition: 0, key, value, timestamp, headers } };
}

function mapped(context: Readonly<Record<string, string>>): Context {
  return Object.fromEntries(Object.entries(context).map(([name, text]) => [name, plain(text)]));
}

/** The records that leave the stream for other topics, in the batch's order. */
export function asideOf(batch: Batch, { diverted, keyOf, rejected }: Outcomes, writer: Writer): Batch | null {
  const topic = writer.policy.deadLetterTopic;
  const asides = [
    ...(topic === undefined ? [] : rejected.map((each) => deadLetter(batch, each, topic, writer, keyOf?.(each.index)))),
    ...diverted.map((each) => diversion(batch, each, writer, keyOf?.(each.index))),
  ].toSorted((a, b) => a.index - b.index);
  if (asides.length === 0) return null;
  return select(
    batch,
    Int32Array.from(asides, ({ index }) => index),
    new Map(asides.map(({ change }, i) => [i, change])),
  );
}
