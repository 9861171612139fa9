import { type ErrorCode, TandemError } from "../errors.ts";
import { anchorOf, decodeLaneState, type LaneState } from "../lane-state.ts";
import { type Lane, laneId } from "../lane.ts";
import type { LaneStart, Transport } from "../transport.ts";

/** Where a lane begins, and what it remembers. `state` null: it has never been processed. */
export interface Beginning {
  readonly offset: number;
  readonly state: LaneState | null;
  readonly start: LaneStart;
  /** The lane starts below its floor, because a replay was asked for: `state` is the floor's. */
  readonly replaying: boolean;
}

/** `wait`: two halves of one commit are not visible at the same moment; `error` is what it is when that does not end. */
export type StartVerdict =
  | { readonly kind: "begin"; readonly beginning: Beginning }
  | { readonly kind: "wait"; readonly error: TandemError; readonly forMs: number };

const REPLAY = "If the rewind is wanted, it has to be a deliberate replay.";

/**
 * How long the two halves of one commit (offsets and lane state) may be apart. Offsets are a stable read, so they lag for a
 * moment at most. The state's commit marker may come late: a broker that was killed in between wrote it 25 s later.
 */
const WAIT_MS = { offset: 20_000, state: 60_000 };

function waitOr(code: ErrorCode, late: keyof typeof WAIT_MS, message: string): StartVerdict {
  return { kind: "wait", error: new TandemError(code, message), forMs: WAIT_MS[late] };
}

/**
 * The start rules: a lane starts only where its remembered floor equals the group's committed offset, and only on the
 * log that it remembers. Everything else would lose or double changes silently, so it stops with the reason.
 */
export function judgeStart(lane: Lane, start: LaneStart): StartVerdict {
  const id = laneId(lane);
  const { committed, logStart, logEnd, partitions } = start;
  const state = start.state === null ? null : decodeLaneState(start.state);
  if (committed === null && state === null)
    return { kind: "begin", beginning: { offset: logStart, state, start, replaying: false } };
  // One half of the first commit may be visible before the other.
  if (state === null)
    return waitOr(
      "LANE_STATE_MISSING",
      "state",
      `${id}: the group has committed offset ${committed}, but there is no lane state. Either the lane state topic was deleted, or another program commits with this group. Restore the topic, or choose a new pipeline name to begin anew.`,
    );
  if (committed === null)
    return waitOr(
      "LANE_OFFSET_MISSING",
      "offset",
      `${id}: lane state expects offset ${state.nextOffset}, but the group has no committed offset (deleted, expired after offsets.retention.minutes, or removed with the topic when it was deleted and re-created). If the topic is still the one that was processed, set the group's offset to ${state.nextOffset} to go on; if it was re-created, begin anew under a new pipeline name. ${REPLAY}`,
    );
  if (state.partitions !== partitions)
    throw new TandemError(
      "LANE_PARTITIONS_CHANGED",
      `${id}: the topic had ${state.partitions} partitions and now has ${partitions}. Copies of one change may lie in different partitions from here on, so dedup within a lane would pass them twice. Restore the partition count, or begin anew under a new pipeline name.`,
    );
  if (state.nextOffset < committed)
    return waitOr(
      "LANE_STATE_STALE",
      "state",
      `${id}: the group has committed offset ${committed}, lane state only knows ${state.nextOffset}. Another program commits with this group, or the lane state topic was restored from an older copy. Set the group's offset to ${state.nextOffset} to go on from there.`,
    );
  if (committed < state.nextOffset)
    return waitOr(
      "LANE_OFFSET_REWOUND",
      "offset",
      `${id}: the group's committed offset ${committed} lies below ${state.nextOffset}, up to which this pipeline has emitted. Going on would depend on claims that may have expired. Set the group's offset to ${state.nextOffset} to go on. ${REPLAY}`,
    );
  if (committed > logEnd)
    throw new TandemError(
      "LANE_OFFSET_OUT_OF_RANGE",
      `${id}: the next offset ${committed} lies beyond the log's end ${logEnd}: the topic was re-created or truncated. Its records cannot be told from those emitted before; begin anew under a new pipeline name.`,
    );
  if (committed < logStart)
    throw new TandemError(
      "LANE_OFFSET_OUT_OF_RANGE",
      `${id}: the next offset ${committed} lies below the log's start ${logStart}: retention removed records that were not processed, they are lost to this pipeline. Lengthen retention.ms; to accept the loss, begin anew under a new pipeline name.`,
    );
  return { kind: "begin", beginning: { offset: committed, state, start, replaying: false } };
}

/** The record before the next offset must be the one that was processed. Retention or compaction may have removed it. */
export async function verifyAnchor(
  transport: Transport,
  lane: Lane,
  beginning: Beginning,
  signal: AbortSignal,
): Promise<void> {
  const anchor = beginning.state?.anchor ?? null;
  if (anchor === null || anchor.offset < beginning.start.logStart) return;
  for await (const batch of transport.read(lane, anchor.offset, anchor.offset + 1, signal)) {
    if (batch.length === 0 || batch.offset(0) !== anchor.offset) continue;
    const found = anchorOf(batch, 0);
    if (found.checksum === anchor.checksum && found.timestamp === anchor.timestamp) return;
    throw new TandemError(
      "LANE_ANCHOR_MISMATCH",
      `${laneId(lane)}: the record at offset ${anchor.offset} is not the one that was processed: the topic was re-created or rewritten. Its records cannot be told from those emitted before; begin anew under a new pipeline name.`,
    );
  }
}
