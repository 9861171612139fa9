import {
  type Batch,
  type IdentityStrategy,
  type KeyStore,
  type LaneContext,
  laneId,
  TandemError,
  type Transform,
} from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import { beginOf, contextOf, type LaneReading } from "../reading/lane-reading.ts";
import { LogClock } from "../reading/log-clock.ts";
import { sourceOf } from "../reading/source.ts";
import { type Fate, fateOf } from "./fate.ts";
import type { LanePast } from "./lane-past.ts";
import { type NamedField, namedFieldsAlone, readable } from "./named-fields.ts";
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
  /** How the pipeline went through the lane; null where it has not begun. */
  readonly past: LanePast | null;
  /** The record's key, decoded. */
  readonly keyOf?: (record: Batch) => Promise<Uint8Array | null>;
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
  /** What the first copy says; empty where the record is the first. */
  readonly ownerContents: readonly NamedField[];
  readonly fate: Fate;
  /** The pipeline may have known, or may know, an earlier copy, or another boundary, than could be read here. */
  readonly perhaps: boolean;
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
 * is said of a record is what the pipeline does with it, by the same code. What the lane's state tells of all of the lane
 * (the place of the first change that it emitted, when it processed what) is given to the stage. Where it began to read
 * matters to two things, and it begins earlier then: a transaction whose beginning it has not read is unaligned, and of a
 * change that seems to be new the first copy may lie before.
 */
export async function explain(question: Question, record: Batch): Promise<Explanation> {
  const { horizonMs, offset, start } = question;
  const farthest = horizonMs * FARTHEST;
  let { since } = question;
  let least = offset;
  for (;;) {
    const from = Math.min(least, await beginOf(question, record.timestamp(0), since));
    const found = await readUpTo(question, record, from);
    if (from <= start || since === "all") return found;
    const needed = Math.max(start, beginningFor(question, found));
    if (found.seen?.aligned === false) since *= 4;
    else if (needed < from) least = needed;
    else if (found.fate.reason === "late" && since < farthest) since = farthest;
    else return found;
  }
}

/** Where the reading has to begin to know what is found of the record: Infinity where it makes no difference. */
function beginningFor({ horizonMs, offset, past }: Question, { claimed, fate }: Found): number {
  if (claimed?.owner !== offset) return Infinity;
  const younger = past?.youngerFrom(offset, horizonMs * FARTHEST);
  if (younger !== undefined) return younger;
  // By what it has read itself, the output began there.
  return past === null && isBeforeFirst(fate) ? 0 : Infinity;
}

function isBeforeFirst({ context, reason }: Fate): boolean {
  return reason === "late" && context?.["why"] !== "older-than-horizon";
}

type Found = Pick<Explanation, "claimed" | "fate" | "readFrom">;

/**
 * Whether the pipeline may know better of a record that seems to be new here. Claims age by the time at which records were
 * processed, which the lane's state tells of a part of the lane; elsewhere a backlog may have been worked off in no time.
 */
function isDoubtful(question: Question, found: Found): boolean {
  const { horizonMs, offset, past, start } = question;
  const { claimed, fate, readFrom } = found;
  if (claimed?.owner !== offset) return false;
  const isOld = fate.reason === "late" && !isBeforeFirst(fate);
  if (past === null || offset >= past.floor)
    return isOld || (past === null && fate.reason === "late" && readFrom > start);
  const younger = past.youngerFrom(offset, horizonMs * FARTHEST);
  return younger === undefined ? readFrom > start : readFrom > younger;
}

async function readUpTo(question: Question, record: Batch, from: number): Promise<Explanation> {
  const { horizonMs, identity, lane, offset, past, pipeline, progress, reader, signal, stage } = question;
  const witness = new Witness();
  const clock = new LogClock((at) => past?.wallAt(at));
  const store = memoryStore({ horizonMs, maxClaims: MOST_CLAIMS, clock });
  const transform = stage(witness.identity(identity), witness.store(store), clock);
  const counts = new Map<string, number>();
  const told = contextOf(question, pipeline, from, { report: (name, n) => counts.set(name, n) });
  const context: LaneContext = { ...told, state: past?.stage };
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
  const { claimed = null, seen } = witness;
  const key = (await question.keyOf?.(record)) ?? record.key(0);
  const first = claimed === null ? null : await recordAt({ ...question, offset: claimed.owner });
  return {
    ...lineOf(record, question, seen?.source),
    key: key === null ? null : String(readable(key)),
    valueBytes: record.value(0)?.length ?? null,
    readFrom: from,
    strategy: witness.strategy,
    seen: seen ?? null,
    fields: seen?.fields ?? [],
    claimed,
    owner: claimed === null ? null : first === null ? { offset: claimed.owner, ...NOWHERE } : lineOf(first, question),
    ownerContents: first === null || claimed?.owner === offset ? [] : await contentsOf(question, first),
    fate,
    perhaps: isDoubtful(question, { claimed, fate, readFrom: from }),
  };
}

const NOWHERE = { timestamp: -1, source: null };

/** What a record says, read by itself: its place among others makes no difference to that. */
async function contentsOf(question: Question, record: Batch): Promise<readonly NamedField[]> {
  const { identity, lane, pipeline, signal } = question;
  const context = contextOf(question, pipeline, record.offset(0));
  const opened = await (identity.forTopic?.(lane.topic) ?? identity).openLane(context, undefined);
  const named = namedFieldsAlone();
  await opened.prepare?.(record, signal);
  opened.identify(record, 0, named);
  return named.contents;
}

function lineOf(record: Batch, { header }: Question, source = sourceOf(record, 0, header)): RecordLine {
  return { offset: record.offset(0), timestamp: record.timestamp(0), source: source ?? null };
}

/** An error that is about the lane, rather than about what it is read and explained with. */
function stopsLane(thrown: unknown): thrown is TandemError {
  return thrown instanceof TandemError && (thrown.code.startsWith("LANE_") || thrown.code === "CONFIG_INVALID");
}
