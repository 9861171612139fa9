import {
  type Batch,
  type IdentityStrategy,
  type KeyStore,
  laneId,
  TandemError,
  type Transform,
} from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import { beginOf, contextOf, type LaneReading } from "../reading/lane-reading.ts";
import { LogClock } from "../reading/log-clock.ts";
import { sourceOf } from "../reading/source.ts";
import { type Fate, fateOf } from "./fate.ts";
import { type NamedField, readable } from "./named-fields.ts";
import { type Claimed, type Seen, Witness } from "./witness.ts";

export interface Question extends LaneReading {
  readonly offset: number;
  readonly since: number | "all";
  readonly pipeline: string;
  readonly identity: IdentityStrategy;
  /** The pipeline's own stage, with this identity, store and clock. */
  readonly stage: (identity: IdentityStrategy, store: KeyStore, clock: LogClock) => Transform;
  readonly horizonMs: number;
  /** The header that names the connector. */
  readonly header: string | undefined;
  readonly progress?: (offset: number, from: number, to: number) => void;
}

/** A record of the lane, as people look for it. */
export interface RecordLine {
  readonly offset: number;
  readonly timestamp: number;
  readonly source: string | null;
}

export interface Explanation extends RecordLine {
  readonly key: string | null;
  readonly valueBytes: number | null;
  /** Coordinate from which on the lane was read. */
  readonly readFrom: number;
  readonly strategy: string;
  readonly seen: Seen | null;
  readonly fields: readonly NamedField[];
  /** The claim that the record makes; null where it makes none. */
  readonly claimed: Claimed | null;
  readonly owner: RecordLine | null;
  readonly fate: Fate;
}

/** How many claims the past may hold; far more than a terminal's user waits for. */
const MOST_CLAIMS = 20_000_000;

/** The record at the question's offset; null where the log has none there. */
export async function recordAt({ lane, offset, reader, signal }: Question): Promise<Batch | null> {
  for await (const batch of reader.read(lane, offset, offset + 1, signal))
    if (batch.length > 0 && batch.offset(0) === offset) return batch;
  return null;
}

/** Claims live for a quarter longer than the horizon: a first copy farther back than this counts no more. */
const FARTHEST = 1.5;

/**
 * Lets the pipeline's own stage process the lane up to the record, as it would if it began there, and looks on. So what
 * is said of a record is what the pipeline does with it, by the same code. Where it began matters to two things, and it
 * begins earlier then: a transaction whose beginning it has not read is unaligned, and what lies before the first change
 * that it has read is late.
 */
export async function explain(question: Question, record: Batch): Promise<Explanation> {
  const farthest = question.horizonMs * FARTHEST;
  let { since } = question;
  for (;;) {
    const from = Math.min(question.offset, await beginOf(question, record.timestamp(0), since));
    const found = await readUpTo(question, record, from);
    if (from <= question.start || since === "all") return found;
    if (found.seen?.aligned === false) since *= 4;
    else if (found.fate.reason === "late" && since < farthest) since = farthest;
    else return found;
  }
}

async function readUpTo(question: Question, record: Batch, from: number): Promise<Explanation> {
  const { horizonMs, identity, lane, offset, pipeline, progress, reader, signal, stage } = question;
  const witness = new Witness();
  const clock = new LogClock();
  const store = memoryStore({ horizonMs, maxClaims: MOST_CLAIMS, clock });
  const transform = stage(witness.identity(identity), witness.store(store), clock);
  const counts = new Map<string, number>();
  const context = contextOf(question, pipeline, from, { report: (name, n) => counts.set(name, n) });
  let at = from;
  let fate: Fate;
  try {
    await transform.openLane?.(context);
    for await (const batch of reader.read(lane, from, offset, signal)) {
      at = batch.length === 0 ? at : batch.offset(0);
      clock.see(batch);
      await transform.apply(batch, context);
      progress?.(at, from, offset);
    }
    at = offset;
    counts.clear();
    witness.watching = true;
    clock.see(record);
    fate = fateOf(await transform.apply(record, context), counts);
  } catch (thrown) {
    if (!stopsLane(thrown)) throw thrown;
    const where = at === offset ? "this record" : `a record at or after ${laneId(lane)}@${at}, before this one,`;
    fate = { kind: "stopped", reason: thrown.code, detail: `${where} stops the lane: ${thrown.message}` };
  } finally {
    await transform.closeLane?.(context);
    await transform.close?.();
  }
  const { claimed, seen } = witness;
  return {
    ...lineOf(record, question, seen?.source),
    key: record.key(0) === null ? null : readable(record.key(0) as Uint8Array),
    valueBytes: record.value(0)?.length ?? null,
    readFrom: from,
    strategy: witness.strategy,
    seen: seen ?? null,
    fields: seen?.fields ?? [],
    claimed: claimed ?? null,
    owner: claimed === undefined ? null : await ownerOf(question, claimed.owner),
    fate,
  };
}

async function ownerOf(question: Question, offset: number): Promise<RecordLine> {
  const found = await recordAt({ ...question, offset });
  return found === null ? { offset, timestamp: -1, source: null } : lineOf(found, question);
}

function lineOf(record: Batch, { header }: Question, source = sourceOf(record, 0, header)): RecordLine {
  return { offset: record.offset(0), timestamp: record.timestamp(0), source: source ?? null };
}

/** An error that is about the lane, rather than about what it is read and explained with. */
function stopsLane(thrown: unknown): thrown is TandemError {
  return thrown instanceof TandemError && (thrown.code.startsWith("LANE_") || thrown.code === "CONFIG_INVALID");
}
