import type { Batch } from "./batch.ts";
import { TandemError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** The last record before `nextOffset`, so that a re-created or rewritten topic is recognised. */
export interface Anchor {
  readonly offset: number;
  readonly timestamp: number;
  /** FNV-1a (32 bits) of key and value. */
  readonly checksum: number;
}

/**
 * Everything that a lane remembers except its claims: one record per lane in a compacted topic, written in the same
 * transaction as the outputs and the offsets.
 */
export interface LaneState {
  readonly version: 1;
  /** The floor: nothing below it is read again unless a replay is asked for. */
  readonly nextOffset: number;
  readonly anchor: Anchor | null;
  /** Partitions of the input topic. */
  readonly partitions: number;
  /** While a replay has not come so far: everything below was emitted before. */
  readonly replayUpTo?: number;
  /** A replay began here and has processed nothing yet: `stages` are those of the floor that it left. */
  readonly stagesAhead?: true;
  /** What each transform remembers, by stage name. */
  readonly stages: JsonObject;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export function encodeLaneState(state: LaneState): Uint8Array {
  return encoder.encode(JSON.stringify(state));
}

export function decodeLaneState(bytes: Uint8Array): LaneState {
  let state: Partial<LaneState> | null = null;
  try {
    state = JSON.parse(decoder.decode(bytes)) as Partial<LaneState> | null;
  } catch (cause) {
    throw new TandemError("LANE_STATE_UNREADABLE", "the lane state is not JSON", { cause });
  }
  if (state?.version !== 1)
    throw new TandemError(
      "LANE_STATE_UNREADABLE",
      `lane state of version ${String(state?.version)} is unknown to this release (it reads version 1): run the release that wrote it`,
    );
  const { nextOffset, partitions, stages } = state;
  if (!Number.isSafeInteger(nextOffset) || !Number.isSafeInteger(partitions) || typeof stages !== "object")
    throw new TandemError("LANE_STATE_UNREADABLE", "the lane state lacks nextOffset, partitions or stages");
  return state as LaneState;
}

function fnv1a(hash: number, bytes: Uint8Array | null): number {
  if (bytes === null) return Math.imul(hash ^ 0x100, 0x01000193);
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return Math.imul(hash ^ 0x101, 0x01000193);
}

export function anchorOf(batch: Batch, i: number): Anchor {
  return {
    offset: batch.offset(i),
    timestamp: batch.timestamp(i),
    checksum: fnv1a(fnv1a(0x811c9dc5, batch.key(i)), batch.value(i)) >>> 0,
  };
}
