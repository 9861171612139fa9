import type { Batch, Header } from "../batch.ts";
import { TandemError } from "../errors.ts";
import { type Anchor, anchorOf, encodeLaneState, type LaneState } from "../lane-state.ts";
import { type LaneId, laneId } from "../lane.ts";
import type { Diversion, Outcomes, Rejection } from "../outcomes.ts";
import { type RecordChange, select } from "../selection.ts";
import type { LaneProgress } from "../transport.ts";
import type { LaneRunner } from "./lane-runner.ts";
import type { ErrorPolicy } from "./pipeline.ts";

/** A processed batch that waits for its transaction. */
export interface Prepared {
  readonly runner: LaneRunner;
  /**
   * Nothing follows it in its transaction. A replay's start is committed before any of its records: as long as nobody
   * knows whether that happened, the lane can start there again and nothing comes out twice.
   */
  readonly endsTransaction: boolean;
  /** First coordinate of the input. */
  readonly firstOffset: number;
  /** Input records. */
  readonly inputs: number;
  /** What it holds of the memory bound. */
  readonly weight: number;
  readonly output: Batch;
  /** What goes to topics of its own: dead letters and diverted records. */
  readonly aside: Batch | null;
  readonly nextOffset: number;
  readonly state: LaneState;
}

export function progressOf(unit: Prepared): LaneProgress {
  return { lane: unit.runner.lane, nextOffset: unit.nextOffset, state: encodeLaneState(unit.state) };
}

export function firstOfEachLane(units: readonly Prepared[]): Map<LaneId, Prepared> {
  const first = new Map<LaneId, Prepared>();
  for (const unit of units) if (!first.has(laneId(unit.runner.lane))) first.set(laneId(unit.runner.lane), unit);
  return first;
}

export function lastOfEachLane(units: readonly Prepared[]): Map<LaneId, Prepared> {
  return new Map(units.map((unit) => [laneId(unit.runner.lane), unit]));
}

export function lastAnchor(batch: Batch): Anchor {
  return anchorOf(batch, batch.length - 1);
}

/** What to say of a record that was rejected while nothing is tolerated. */
export function rejectedError(batch: Batch, rejection: Rejection): TandemError {
  const { cause, index, stage } = rejection;
  return new TandemError(
    "RECORD_REJECTED",
    `stage "${stage}" rejected record ${laneId(batch.lane)}@${batch.offset(index)}: ${cause.message} ` +
      `(errors.tolerance is "none": mend the record's source, or set errors.tolerance to "all", with errors.deadLetter.topic to keep such records)`,
    { cause },
  );
}

/** Stage name of records whose output is refused for good: their dead letters go without what may be the reason. */
export const REFUSED = "output";

/** An exception may quote the value that it could not read. */
const MESSAGE_CHARACTERS = 2_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Text that every client carries in a header. */
function plain(text: string): string {
  return text.slice(0, MESSAGE_CHARACTERS).replaceAll(/\p{Cc}/gu, " ");
}

/** True for a header that every client carries: text without control characters. */
function isPlain({ key, value }: Header): boolean {
  try {
    return value !== null && key !== "__proto__" && !/\p{Cc}|\uFFFD/u.test(key + decoder.decode(value));
  } catch {
    return false;
  }
}

function headersOf(prefix: string, context: Readonly<Record<string, string>>): readonly Header[] {
  return Object.entries(context).map(([name, text]) => ({ key: prefix + name, value: encoder.encode(plain(text)) }));
}

/** Where a record stood: Connect's own names. */
function coordinate(batch: Batch, index: number, stage: string): Readonly<Record<string, string>> {
  return {
    topic: batch.lane.topic,
    partition: String(batch.lane.partition),
    offset: String(batch.offset(index)),
    stage,
  };
}

function errorHeaders(batch: Batch, { cause, index, stage }: Rejection): readonly Header[] {
  const own = batch.headers(index);
  return [
    ...(stage === REFUSED ? own.filter(isPlain) : own),
    ...headersOf("__connect.errors.", {
      ...coordinate(batch, index, stage),
      "exception.class.name": cause.name,
      "exception.message": cause.message,
    }),
  ];
}

/** A record and what differs of it on its way aside. */
interface Aside {
  readonly index: number;
  readonly change: RecordChange;
}

/**
 * A rejected record, as it was read, with Connect's context headers. What may be why an output is refused stays out: the
 * value, headers that are not text, a timestamp of 0.
 */
function deadLetter(batch: Batch, rejection: Rejection, topic: string): Aside {
  const { index, stage } = rejection;
  return {
    index,
    change: {
      topic,
      partition: 0,
      headers: errorHeaders(batch, rejection),
      ...(stage === REFUSED ? { value: null, timestamp: batch.timestamp(index) || 1 } : {}),
    },
  };
}

function diversion(batch: Batch, { context, index, reason, stage, topic }: Diversion): Aside {
  const headers = [
    ...batch.headers(index),
    ...headersOf("__connect.errors.", coordinate(batch, index, stage)),
    ...headersOf("tandem.", { reason, ...context }),
  ];
  return { index, change: { topic, partition: 0, headers } };
}

/** The records that leave the stream for other topics, in the batch's order. */
export function asideOf(batch: Batch, { diverted, rejected }: Outcomes, policy: ErrorPolicy): Batch | null {
  const topic = policy.deadLetterTopic;
  const asides = [
    ...(topic === undefined ? [] : rejected.map((rejection) => deadLetter(batch, rejection, topic))),
    ...diverted.map((each) => diversion(batch, each)),
  ].toSorted((a, b) => a.index - b.index);
  if (asides.length === 0) return null;
  return select(
    batch,
    Int32Array.from(asides, ({ index }) => index),
    new Map(asides.map(({ change }, i) => [i, change])),
  );
}
