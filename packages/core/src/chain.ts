import { type Batch, RecordView } from "./batch.ts";
import { asError, TandemError } from "./errors.ts";
import { isJsonObject, type JsonValue } from "./json.ts";
import { type Outcomes, passThrough, type Rejection } from "./outcomes.ts";
import type { Predicate } from "./predicate.ts";
import { select } from "./selection.ts";
import type { LaneContext, Transform } from "./transform.ts";

/** The states of a chain's members, by name. */
function memberStates(context: LaneContext): Record<string, JsonValue> {
  return isJsonObject(context.state) ? { ...context.state } : {};
}

/** Presents one member's part of the state, and writes it back into the whole. */
function memberContext(context: LaneContext, name: string): LaneContext {
  return {
    lane: context.lane,
    pipeline: context.pipeline,
    partitions: context.partitions,
    startOffset: context.startOffset,
    logStart: context.logStart,
    lastTimestamp: context.lastTimestamp,
    replaying: context.replaying,
    signal: context.signal,
    replay: (from, to) => context.replay(from, to),
    offsetAt: (timestampMs) => context.offsetAt(timestampMs),
    restoring: (records, of) => context.restoring(records, of),
    report: (measure, count) => context.report(measure, count),
    note: (text) => context.note(text),
    get state() {
      return memberStates(context)[name];
    },
    set state(value: JsonValue | undefined) {
      const states = memberStates(context);
      if (value === undefined) delete states[name];
      else states[name] = value;
      context.state = states;
    },
  };
}

function compose(first: Outcomes, second: Outcomes, member: string): Outcomes {
  const { origins } = first;
  const back = (i: number): number => (origins === null ? i : (origins[i] ?? 0));
  const rejected = (r: Rejection): Rejection => ({
    ...r,
    index: back(r.index),
    resume: { at: member, record: new RecordView(first.next, r.index) },
  });
  // A stage behind others knows its own records only.
  const keyOf = first.keyOf ?? (origins === null ? second.keyOf : undefined);
  return {
    ...(keyOf === undefined ? {} : { keyOf }),
    next: second.next,
    origins: second.origins === null ? origins : origins === null ? second.origins : second.origins.map(back),
    dropped: second.dropped.length === 0 ? first.dropped : [...first.dropped, ...second.dropped],
    rejected: second.rejected.length === 0 ? first.rejected : [...first.rejected, ...second.rejected.map(rejected)],
    diverted:
      second.diverted.length === 0
        ? first.diverted
        : [...first.diverted, ...second.diverted.map((d) => ({ ...d, index: back(d.index) }))],
  };
}

function failed(stage: string, thrown: unknown): Error {
  if (thrown instanceof TandemError) return thrown;
  const cause = asError(thrown);
  return new TandemError("TRANSFORM_FAILED", `transform "${stage}" failed: ${cause.message}`, { cause });
}

/** Transforms one after the other: itself a transform. Each member's name must be its own. */
export function chain(transforms: readonly Transform[], name = "chain"): Transform {
  const names = new Set<string>();
  for (const transform of transforms) {
    if (names.has(transform.name))
      throw new TandemError(
        "CONFIG_INVALID",
        `two transforms of one chain are called "${transform.name}": give each its own name`,
      );
    names.add(transform.name);
  }
  return {
    name,
    async apply(batch, context) {
      let outcomes = passThrough(batch);
      for (const transform of transforms) {
        if (outcomes.next.length === 0) break;
        try {
          const made = transform.apply(outcomes.next, memberContext(context, transform.name));
          outcomes = compose(outcomes, made instanceof Promise ? await made : made, transform.name);
        } catch (thrown) {
          throw failed(transform.name, thrown);
        }
      }
      return outcomes;
    },
    async openLane(context) {
      for (const transform of transforms)
        try {
          await transform.openLane?.(memberContext(context, transform.name));
        } catch (thrown) {
          // Told to give up, it may throw what it likes.
          throw context.signal.aborted ? thrown : failed(transform.name, thrown);
        }
    },
    async closeLane(context) {
      for (const transform of transforms) await transform.closeLane?.(memberContext(context, transform.name));
    },
    async close() {
      for (const transform of transforms) await transform.close?.();
    },
  };
}

/** Indices of the records for which the predicate answers `wanted`. */
function matching(batch: Batch, predicate: Predicate): { yes: Int32Array; no: Int32Array } {
  const yes: number[] = [];
  const no: number[] = [];
  for (let i = 0; i < batch.length; i++) (predicate.test(batch, i) ? yes : no).push(i);
  return { yes: Int32Array.from(yes), no: Int32Array.from(no) };
}

/** Puts the records that went around a transform back between those that went through it, in the batch's order. */
function merge(batch: Batch, around: Int32Array, chosen: Int32Array, through: Outcomes): Outcomes {
  const back = (i: number): number => chosen[i] ?? 0;
  const inner = through.next;
  const origins = new Int32Array(around.length + inner.length);
  const fromInner = new Int32Array(origins.length).fill(-1);
  let a = 0;
  let b = 0;
  for (let out = 0; out < origins.length; out++) {
    const nextAround = around[a] ?? Infinity;
    const nextInner = b < inner.length ? back(through.origins === null ? b : (through.origins[b] ?? 0)) : Infinity;
    if (nextInner < nextAround) {
      origins[out] = nextInner;
      fromInner[out] = b++;
    } else {
      origins[out] = nextAround;
      a++;
    }
  }
  const of = <T>(i: number, inside: (j: number) => T, outside: () => T): T => {
    const j = fromInner[i] ?? -1;
    return j < 0 ? outside() : inside(j);
  };
  return {
    next: {
      lane: batch.lane,
      length: origins.length,
      offset: (i) => batch.offset(origins[i] ?? 0),
      timestamp: (i) =>
        of(
          i,
          (j) => inner.timestamp(j),
          () => batch.timestamp(origins[i] ?? 0),
        ),
      key: (i) =>
        of(
          i,
          (j) => inner.key(j),
          () => batch.key(origins[i] ?? 0),
        ),
      value: (i) =>
        of(
          i,
          (j) => inner.value(j),
          () => batch.value(origins[i] ?? 0),
        ),
      headers: (i) =>
        of(
          i,
          (j) => inner.headers(j),
          () => batch.headers(origins[i] ?? 0),
        ),
      topic: (i) =>
        of(
          i,
          (j) => inner.topic(j),
          () => batch.topic(origins[i] ?? 0),
        ),
      partition: (i) =>
        of(
          i,
          (j) => inner.partition(j),
          () => batch.partition(origins[i] ?? 0),
        ),
    },
    origins,
    dropped: through.dropped,
    rejected: through.rejected.map((r) => ({ ...r, index: back(r.index) })),
    diverted: through.diverted.map((d) => ({ ...d, index: back(d.index) })),
  };
}

/** Applies a transform to the records for which the predicate is true; the others go around it. Itself a transform. */
export function when(predicate: Predicate, transform: Transform): Transform {
  const wrapped: Transform = {
    name: transform.name,
    async apply(batch, context) {
      const { yes, no } = matching(batch, predicate);
      if (no.length === 0) return transform.apply(batch, context);
      if (yes.length === 0) return passThrough(batch);
      return merge(batch, no, yes, await transform.apply(select(batch, yes), context));
    },
  };
  if (transform.openLane !== undefined) wrapped.openLane = (context) => transform.openLane?.(context);
  if (transform.closeLane !== undefined) wrapped.closeLane = (context) => transform.closeLane?.(context);
  if (transform.close !== undefined) wrapped.close = () => transform.close?.();
  return wrapped;
}
