import type { Lane, LaneContext } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";

/** A lane that is read and not processed: nobody joins a group, and nothing is written. */
export interface LaneReading {
  readonly reader: LogReader;
  readonly lane: Lane;
  readonly partitions: number;
  /** Oldest offset, and the end of what may be read. */
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}

/** What the lane counts and notes while it is read. */
export interface Told {
  readonly report?: (name: string, count: number) => void;
  readonly note?: (text: string) => void;
}

/** The context of a lane that begins anew at `from`, without a memory. */
export function contextOf(
  { lane, partitions, reader, signal, start }: LaneReading,
  pipeline: string,
  from: number,
  { note = () => undefined, report = () => undefined }: Told = {},
): LaneContext {
  return {
    lane,
    pipeline,
    partitions,
    startOffset: from,
    logStart: start,
    lastTimestamp: null,
    replaying: false,
    signal,
    state: undefined,
    replay: (first, to) => reader.read(lane, first, to, signal),
    offsetAt: (timestampMs) => reader.offsetAt(lane, timestampMs),
    restoring: () => undefined,
    report,
    note,
  };
}

/** Where to begin: this long before `timestampMs`, or at the log's start. */
export async function beginOf(
  { lane, reader, start }: LaneReading,
  timestampMs: number,
  since: number | "all",
): Promise<number> {
  if (since === "all" || timestampMs < 0) return start;
  return Math.max(start, await reader.offsetAt(lane, timestampMs - since));
}
