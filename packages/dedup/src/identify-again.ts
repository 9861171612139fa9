import type { Batch, IdentityStrategy, JsonValue, LaneContext, LaneIdentity } from "@tandem-cdc/core";

/** As long as the stores keep claims: a quarter longer than the horizon. */
const KEPT = 1.25;

/** Identifies one batch of the past with the identity that it is given. */
export type Identify = (batch: Batch, identity: LaneIdentity) => void | Promise<void>;

/**
 * Identifies the records from `from` (inclusive) to the lane's start again, without emitting, beginning with what the
 * identity `remembered` at `from`; returns what it remembers at the lane's start.
 */
export async function identifyAgain(
  context: LaneContext,
  strategy: IdentityStrategy,
  from: number,
  remembered: JsonValue | undefined,
  identify: Identify,
): Promise<JsonValue | undefined> {
  const { signal, startOffset } = context;
  const identity = await strategy.openLane(quiet(context, from), remembered);
  for await (const batch of context.replay(from, startOffset)) {
    if (batch.length === 0) continue;
    await identity.prepare?.(batch, signal);
    await identify(batch, identity);
    context.restoring(batch.offset(batch.length - 1) + 1 - from, startOffset - from);
  }
  return identity.state();
}

/** Where the past begins that a lane has to know at its start: one kept lifetime before, or with the log. */
export async function pastBegins(
  context: LaneContext,
  startsAt: number,
  horizonMs: number | undefined,
): Promise<number> {
  if (horizonMs === undefined) return context.logStart;
  return Math.max(context.logStart, await context.offsetAt(startsAt - horizonMs * KEPT));
}

/** When the lane was where it starts. In a replay its last timestamp is that of the floor, and the record there tells. */
export async function timeOf(context: LaneContext, lastTimestamp: number): Promise<number> {
  if (!context.replaying) return lastTimestamp;
  for await (const batch of context.replay(context.startOffset, Number.MAX_SAFE_INTEGER))
    if (batch.length > 0) return batch.timestamp(0);
  return lastTimestamp;
}

/** The lane from another coordinate on, for an identity whose counts and notes nobody wants: they were told before. */
export function quiet(context: LaneContext, startOffset: number): LaneContext {
  return { ...from(context, startOffset), restoring: () => undefined, report: () => undefined, note: () => undefined };
}

/** The lane from this coordinate on, as if it had never been further: what is remembered is of just there. */
export function from(context: LaneContext, startOffset: number): LaneContext {
  const { lane, logStart, partitions, pipeline, signal } = context;
  return {
    lane,
    pipeline,
    partitions,
    logStart,
    signal,
    startOffset,
    lastTimestamp: null,
    replaying: false,
    state: undefined,
    replay: (begin, end) => context.replay(begin, end),
    offsetAt: (timestampMs) => context.offsetAt(timestampMs),
    restoring: (records, of) => context.restoring(records, of),
    report: (name, count) => context.report(name, count),
    note: (text) => context.note(text),
  };
}
