import type { Lane } from "./lane.ts";

/** Every error that leaves this project has one of these codes. Codes are stable; messages are not. */
export type ErrorCode =
  // configuration and use
  | "CONFIG_INVALID"
  | "NATIVE_MODULE_MISSING"
  | "THREAD_POOL_TOO_SMALL"
  | "PIPELINE_STATE"
  // records
  | "RECORD_REJECTED"
  | "RECORD_POISON"
  | "RECORD_UNIDENTIFIABLE"
  | "RECORD_MALFORMED"
  | "RECORD_SCHEMA_UNKNOWN"
  | "HEADER_NOT_REPRESENTABLE"
  | "TIMESTAMP_NOT_REPRESENTABLE"
  // lanes
  | "LANE_LATE_CHANGE"
  | "LANE_NULL_KEY"
  | "LANE_SOURCE_REPOINTED"
  | "LANE_STATE_MISSING"
  | "LANE_STATE_STALE"
  | "LANE_STATE_UNREADABLE"
  | "LANE_OFFSET_MISSING"
  | "LANE_OFFSET_REWOUND"
  | "LANE_OFFSET_OUT_OF_RANGE"
  | "LANE_ANCHOR_MISMATCH"
  | "LANE_PARTITIONS_CHANGED"
  // replays
  | "REPLAY_NOT_ALONE"
  | "REPLAY_BEYOND_FLOOR"
  // stages and stores
  | "TRANSFORM_FAILED"
  | "STORE_UNAVAILABLE"
  | "STORE_FULL"
  | "STORE_UNSAFE"
  // schema registry
  | "REGISTRY_UNAVAILABLE"
  | "REGISTRY_REFUSED"
  // transport
  | "TRANSPORT_FAILED"
  | "TRANSPORT_TIMEOUT"
  | "TRANSACTION_FAILED"
  | "INSTANCE_FENCED";

export interface TandemErrorOptions {
  readonly cause?: unknown;
  /** True when the same call may succeed later without anybody's help. Default false. */
  readonly retriable?: boolean;
}

/** An error with a stable code and a message that says what to do. */
export class TandemError extends Error {
  override readonly name: string = "TandemError";
  readonly code: ErrorCode;
  readonly retriable: boolean;

  constructor(code: ErrorCode, message: string, options: TandemErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/**
 * How a transaction call ended when it did not succeed:
 * - `abortable`: call `abort`, rewind, go on with the same producer;
 * - `fatal`: this producer is of no more use (fenced, fatal, or the outcome of a commit or abort is unknown): renew it,
 *   then read what was committed.
 */
export type TransactionFate = "abortable" | "fatal";

export interface RecordAddress {
  readonly lane: Lane;
  readonly offset: number;
}

export class TransactionError extends TandemError {
  override readonly name: string = "TransactionError";
  readonly fate: TransactionFate;
  /** True when the broker refused a record as such (too large, invalid): repeating it cannot help. */
  readonly recordAtFault: boolean;
  /** The input record at fault, where the transport knows it; null: it has to be looked for. */
  readonly record: RecordAddress | null;

  constructor(
    fate: TransactionFate,
    message: string,
    options: TandemErrorOptions & { readonly recordAtFault?: boolean; readonly record?: RecordAddress } = {},
  ) {
    super("TRANSACTION_FAILED", message, { retriable: true, ...options });
    this.fate = fate;
    this.record = options.record ?? null;
    this.recordAtFault = options.recordAtFault ?? this.record !== null;
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function isRetriable(thrown: unknown): boolean {
  return thrown instanceof TandemError && thrown.retriable;
}
