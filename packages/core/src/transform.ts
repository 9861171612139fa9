import type { Batch } from "./batch.ts";
import type { JsonValue } from "./json.ts";
import type { Lane } from "./lane.ts";
import type { Outcomes } from "./outcomes.ts";

/**
 * One lane as a transform sees it, from its assignment (or the last rewind) to its revocation (or the next rewind).
 * The runtime makes a new one for each, so nothing of an older life can leak into it.
 */
export interface LaneContext {
  readonly lane: Lane;
  /** Name of the pipeline: part of every claim's key. */
  readonly pipeline: string;
  /** Partitions of the lane's topic. */
  readonly partitions: number;
  /** Coordinate of the first record that `apply` will receive. */
  readonly startOffset: number;
  /** Oldest coordinate that the log still holds. */
  readonly logStart: number;
  /** Timestamp of the record before `startOffset`, as it was when that was processed; null when the lane is new. */
  readonly lastTimestamp: number | null;
  /**
   * True when the lane starts below its floor on purpose (a deliberate replay): `state` is then that of the floor, not of
   * the records before `startOffset`. Keep what is true of any coordinate below `startOffset`, and build the rest again.
   * A lane that starts again before it has processed a batch of the replay is told so again.
   */
  readonly replaying: boolean;
  /** Aborted when the lane is revoked or rewound, or the pipeline stops: give up what is under way. */
  readonly signal: AbortSignal;
  /**
   * What this transform remembers of the lane. Read it in `openLane`: it is the version that committed with the
   * records before `startOffset`. Assign it in `apply`, when the batch has succeeded: it commits in the transaction
   * that emits the batch, or not at all.
   */
  state: JsonValue | undefined;
  /** Reads records `from` (inclusive) to `to` (exclusive) of the lane again, without emitting them. */
  replay(from: number, to: number): AsyncIterable<Batch>;
  /** Coordinate of the first record with this timestamp or a later one; the log's start where the transport cannot tell. */
  offsetAt(timestampMs: number): Promise<number>;
  /** Says how far a long `openLane` is: `records` of `of` were read again. */
  restoring(records: number, of: number): void;
  /** Counts something worth knowing, as a `measured` event: `name` is a short constant such as `divergence`. */
  report(name: string, count: number): void;
  /** Tells something that somebody should read, as a `noticed` event: a sample of what is counted. Rarely. */
  note(text: string): void;
}

/**
 * Turns a batch into outcomes.
 *
 * - `apply` is called serially per lane, in order; lanes are independent of each other and may run concurrently.
 * - A record at fault is rejected (a value). To throw means that the batch fails: with a `TandemError` whose
 *   `retriable` is true (a store is down) the lane is rewound to its last commit and tried again with backoff; any
 *   other error fails the pipeline.
 * - The batch may be presented again after a crash, an abort or a rewind, with `context.state` as it was committed:
 *   the outcomes must then be the same.
 * - A transform never decides policy (stop, skip, dead letter) and never keeps state about a lane outside `context`
 *   that would survive `closeLane`.
 */
export interface Transform {
  /** Stage name: appears in errors and metrics, and names this transform's part of the lane state. */
  readonly name: string;
  apply(batch: Batch, context: LaneContext): Outcomes | Promise<Outcomes>;
  /** Called before the first `apply` of a context. */
  openLane?(context: LaneContext): void | Promise<void>;
  /** Called when the context ends, after the last `apply` has settled. Drop what you hold for the lane. */
  closeLane?(context: LaneContext): void | Promise<void>;
  /** Called once, at the end. */
  close?(): void | Promise<void>;
}
