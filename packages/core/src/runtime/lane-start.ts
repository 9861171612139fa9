import { type ErrorCode, TandemError } from "../errors.ts";
import { type Anchor, anchorOf, decodeLaneState, type LaneState } from "../lane-state.ts";
import { type Lane, laneId } from "../lane.ts";
import type { LaneStart, Transport } from "../transport.ts";

/** Where a lane begins, and what it remembers. `state` null: it has never been processed. */
export interface Beginning {
  readonly offset: number;
  readonly state: LaneState | null;
  readonly start: LaneStart;
  /** The record before `offset`; null where there is none. */
  readonly anchor: Anchor | null;
  /**
   * The lane starts below its floor, because a replay was asked for, or where one began that has processed nothing yet:
   * the stages of `state` are those of the floor.
   */
  readonly replaying: boolean;
  /** Where the replay of this lane, begun now or earlier, comes to what was never emitted; null: the lane is there. */
  readonly replayUpTo: number | null;
  /** What is committed has to be brought here before the first record: the lane is new, or starts elsewhere. */
  readonly commitFirst: boolean;
}

/** Where a replay wants a lane to start. `exact`: somebody named the offset. `lossy`: what retention removed is not missed. */
export interface WantedStart {
  readonly offset: number;
  readonly exact: boolean;
  readonly lossy?: boolean;
}

/** `wait`: two halves of one commit are not visible at the same moment; `error` is what it is when that does not end. */
export type StartVerdict =
  | { readonly kind: "begin"; readonly beginning: Beginning }
  | { readonly kind: "wait"; readonly error: TandemError; readonly forMs: number };

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
 * log that it remembers. Everything else would lose or double changes silently, so it stops with the reason. A replay
 * (`wanted`) starts at or below the floor, wherever the group's offset is.
 */
export function judgeStart(
  pipeline: string,
  lane: Lane,
  start: LaneStart,
  wanted: WantedStart | null = null,
): StartVerdict {
  const { committed, logStart, partitions } = start;
  const state = start.state === null ? null : decodeLaneState(start.state);
  if (committed === null && state === null) {
    const offset = logStart;
    return begin({ offset, state, start, anchor: null, replaying: false, replayUpTo: null, commitFirst: true });
  }
  // One half of the first commit may be visible before the other.
  if (state === null)
    return waitOr(
      "LANE_STATE_MISSING",
      "state",
      `${laneId(lane)}: the group ${pipeline} has committed offset ${committed}, but there is no lane state: the topic ${pipeline}.lanes was deleted, or another program commits with this group. Restore the topic, or begin anew under a new pipeline name.`,
    );
  if (state.partitions !== partitions)
    throw new TandemError(
      "LANE_PARTITIONS_CHANGED",
      `${laneId(lane)}: the topic had ${state.partitions} partitions and now has ${partitions}. Copies of one change may lie in different partitions from here on, so dedup within a lane would pass them twice. Restore the partition count, or begin anew under a new pipeline name.`,
    );
  const apart = halvesApart(lane, state.nextOffset, start, { replay: wanted !== null, pipeline });
  if (apart !== null) return apart;
  checkFloor(lane, state, start, wanted);
  return begin(wanted === null ? continued(state, start) : replayed(lane, state, start, wanted));
}

function begin(beginning: Beginning): StartVerdict {
  return { kind: "begin", beginning };
}

/** As `tandem run --from` takes it. */
function from({ partition, topic }: Lane, offset: number): string {
  return `\`tandem run --from ${topic}:${partition}=${offset}\``;
}

/** What the lane remembers and what the group has committed are not the same. A replay sets the group's offset itself. */
function halvesApart(
  lane: Lane,
  floor: number,
  { committed }: LaneStart,
  { pipeline, replay }: { readonly pipeline: string; readonly replay: boolean },
): StartVerdict | null {
  const id = laneId(lane);
  if (committed !== null && floor < committed)
    return waitOr(
      "LANE_STATE_STALE",
      "state",
      `${id}: the group ${pipeline} has committed offset ${committed}, but this pipeline has come to ${floor} only: another program commits with this group, or the topic ${pipeline}.lanes was restored from an older copy. To go on from ${floor} stop every instance and set the group's offset: \`kafka-consumer-groups --bootstrap-server HOST:PORT --reset-offsets --group ${pipeline} --topic ${lane.topic}:${lane.partition} --to-offset ${floor} --execute\`. Records that were emitted since the copy come out again.`,
    );
  if (replay || committed === floor) return null;
  if (committed === null)
    return waitOr(
      "LANE_OFFSET_MISSING",
      "offset",
      `${id}: this pipeline has come to ${floor}, but the group has no committed offset: it was deleted, it expired (offsets.retention.minutes), or the topic was deleted and re-created. If it is still the same topic, ${from(lane, floor)} goes on where the pipeline stopped, after checking the record before it. If it was re-created, begin anew under a new pipeline name.`,
    );
  return waitOr(
    "LANE_OFFSET_REWOUND",
    "offset",
    `${id}: the committed offset ${committed} of the group ${pipeline} lies below ${floor}, up to which this pipeline has emitted: somebody has reset it. Going on from there would emit changes again whose claims have expired. To go on where the pipeline stopped: ${from(lane, floor)}, once. To process the records from ${committed} on again, and emit them again: ${from(lane, committed)}, once.`,
  );
}

/** The floor has to lie in the log, or records were lost, or it is another log. */
function checkFloor(lane: Lane, state: LaneState, { logEnd, logStart }: LaneStart, wanted: WantedStart | null): void {
  const id = laneId(lane);
  const floor = state.nextOffset;
  if (floor > logEnd)
    throw new TandemError(
      "LANE_OFFSET_OUT_OF_RANGE",
      `${id}: the next offset ${floor} lies beyond the log's end ${logEnd}: the topic was re-created or truncated. Its records cannot be told from those emitted before; begin anew under a new pipeline name.`,
    );
  if (floor >= logStart || wanted?.lossy === true) return;
  const repeated = (state.replayUpTo ?? 0) >= logStart;
  if (repeated && wanted !== null) return;
  throw new TandemError(
    "LANE_OFFSET_OUT_OF_RANGE",
    repeated
      ? `${id}: a replay had come to ${floor}, and retention has removed the records from there to ${logStart}. They were emitted before the replay: \`tandem run --from earliest\` replays what is left. Lengthen retention.ms.`
      : `${id}: the next offset ${floor} lies below the log's start ${logStart}: retention removed records that were not processed, they are lost to this pipeline. Lengthen retention.ms; to accept the loss, begin anew under a new pipeline name.`,
  );
}

function continued(state: LaneState, start: LaneStart): Beginning {
  const { anchor, nextOffset: offset, replayUpTo = null, stagesAhead = false } = state;
  return { offset, state, start, anchor, replaying: stagesAhead, replayUpTo, commitFirst: false };
}

function replayed(lane: Lane, state: LaneState, start: LaneStart, { exact, offset: wanted }: WantedStart): Beginning {
  const { anchor, nextOffset: floor } = state;
  if (exact && wanted > floor)
    throw new TandemError(
      "REPLAY_BEYOND_FLOOR",
      `${laneId(lane)}: the replay wants offset ${wanted}, and this pipeline has come to ${floor} only: the records between would be lost. Name ${floor} or a lower offset.`,
    );
  const offset = Math.max(start.logStart, Math.min(wanted, floor));
  const upTo = Math.max(floor, state.replayUpTo ?? 0);
  return {
    offset,
    state,
    start,
    anchor,
    replaying: offset !== floor || state.stagesAhead === true,
    replayUpTo: upTo > offset ? upTo : null,
    commitFirst: offset !== start.committed || offset !== floor,
  };
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

/** The record before a lane's start, from the log itself: control records and gaps may lie between. */
export async function anchorBefore(
  transport: Transport,
  lane: Lane,
  { offset, start }: Beginning,
  signal: AbortSignal,
): Promise<Anchor | null> {
  for (let to = offset, width = 1; to > start.logStart; to -= width, width *= 16) {
    let anchor: Anchor | null = null;
    for await (const batch of transport.read(lane, Math.max(start.logStart, to - width), to, signal))
      if (batch.length > 0) anchor = anchorOf(batch, batch.length - 1);
    if (anchor !== null) return anchor;
  }
  return null;
}
