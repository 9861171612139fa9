import type { Batch } from "./batch.ts";
import type { Lane } from "./lane.ts";

/** What the runtime has to know of a lane before it starts on it. */
export interface LaneStart {
  /** The group's committed offset: a stable read, no transaction that could still change it is open. Null when there is none. */
  readonly committed: number | null;
  /** The newest committed lane state record; null when there is none. */
  readonly state: Uint8Array | null;
  /** Oldest offset in the log. */
  readonly logStart: number;
  /** One past the last offset that may be read (`read_committed`). */
  readonly logEnd: number;
  /** Partitions of the lane's topic. */
  readonly partitions: number;
}

/** Where a lane is to be read from. */
export interface StartingPoint {
  readonly lane: Lane;
  readonly offset: number;
}

/** What the transaction commits for one lane, besides the records. */
export interface LaneProgress {
  readonly lane: Lane;
  /** Offset of the last processed record + 1. */
  readonly nextOffset: number;
  readonly state: Uint8Array;
}

/** Group membership, as the transport reports it. The transport waits for each answer before it goes on. */
export interface AssignmentListener {
  /**
   * These lanes are now ours (in addition to those assigned before); none: the group has no lane for us. Answer: where to
   * read each of them from. Lanes left out of it are not read.
   */
  assigned(lanes: readonly Lane[]): Promise<readonly StartingPoint[]>;
  /**
   * These lanes are to be given up. When the promise resolves, no transaction with them is open any more. `lost` says
   * that the group has given them to somebody else already, so that a commit would be refused.
   */
  revoked(lanes: readonly Lane[], lost: boolean): Promise<void>;
  /** The transport cannot go on (fenced by another instance, authentication lost). */
  failed(error: Error): void;
}

/**
 * What the runtime drives. Kafka is one transport; the simulator is another.
 *
 * The runtime calls `connect` once, then `poll` again and again, and has at most one transaction open. `poll` runs
 * while a transaction commits. Listener calls and `poll` results may interleave, but:
 * - `poll` never returns records of a lane that is not assigned, or that were fetched before the last `seek` or
 *   assignment of their lane;
 * - records of a lane come in order of offset, without a gap but for those of the log itself.
 *
 * Transaction calls fail with a `TransactionError` whose `fate` says what to do. Every call ends in bounded time.
 */
export interface Transport {
  connect(listener: AssignmentListener): Promise<void>;
  /** Records of assigned lanes that are not paused: at most one batch per lane, an empty array after a short wait without any. */
  poll(): Promise<readonly Batch[]>;
  pause(lanes: readonly Lane[]): void;
  resume(lanes: readonly Lane[]): void;
  /** The lane's next record will be the first at or after `offset`. */
  seek(lane: Lane, offset: number): Promise<void>;
  /** Aligned with `lanes`. */
  laneStarts(lanes: readonly Lane[]): Promise<readonly LaneStart[]>;
  /**
   * Records `from` (inclusive) to `to` (exclusive) of a lane, beside the group's reading and independent of it. Ends
   * when it reaches `to` or what was the log's end at the call.
   */
  read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncIterable<Batch>;

  /** Offset of the first record with this timestamp (milliseconds) or a later one; the log's end when there is none. */
  offsetAt?(lane: Lane, timestampMs: number): Promise<number>;

  /** Oldest offset in the log, and one past the last that may be read, as of now. */
  bounds?(lane: Lane): Promise<{ readonly logStart: number; readonly logEnd: number }>;

  /** Every lane of the input, whoever owns it: what a replay needs to know. */
  inputLanes?(): Promise<readonly Lane[]>;

  /** The end of an assigned lane's log as last heard of, without asking: for lag. Null when unknown. */
  logEnd?(lane: Lane): number | null;

  begin(): Promise<void>;
  /**
   * Adds the records of a batch, in order, to the open transaction: each to `outputTopic(batch.topic(i))`, partition
   * `batch.partition(i)`, with key, value, headers and timestamp byte for byte. A missing output topic is created
   * with the partition count of the lane's topic; one that `outputTopic` leaves as it is, with one partition. Waits
   * where the send queue is full.
   */
  produce(batch: Batch, outputTopic: (topic: string) => string): Promise<void>;
  /** Flushes, writes the lane states, sends the offsets with the group's metadata, and commits: all or nothing. */
  commit(progress: readonly LaneProgress[]): Promise<void>;
  abort(): Promise<void>;
  /** A new producer under the same id: whatever the old one left open is aborted before this resolves. */
  renewProducer(): Promise<void>;

  /** Leaves the group and ends everything. The listener's `revoked` is called first for what is still assigned. */
  close(): Promise<void>;
}
