import { type ErrorCode, TandemError } from "../errors.ts";
import type { Lane } from "../lane.ts";
import type { Observer, PipelineEvent } from "../observer.ts";

/**
 * - `NEW`: not run yet. `STARTING`: not in its group yet. `UNASSIGNED`: in its group, which has no lane for it.
 * - `RUNNING`. `PAUSING`: what was begun is finished. `PAUSED`: nothing comes out, until `resume`.
 * - `STOPPING`, `STOPPED`. `FAILED`: it ended with an error.
 */
export type PipelineState =
  | "NEW"
  | "STARTING"
  | "UNASSIGNED"
  | "RUNNING"
  | "PAUSING"
  | "PAUSED"
  | "STOPPING"
  | "STOPPED"
  | "FAILED";

/** `STARTING`: it finds out where to go on, or reads its past again. `WAITING`: something does not answer, it tries again. */
export type LanePhase = "STARTING" | "RUNNING" | "WAITING" | "PAUSED";

export interface LaneStatus {
  readonly lane: Lane;
  readonly state: LanePhase;
  /** Everything below is committed; null while it starts. */
  readonly committed: number | null;
  /** Everything below is processed, committed or not. */
  readonly next: number | null;
  /** The end of its log, as last heard of. */
  readonly logEnd: number | null;
}

/** An error, as told to people. The message may quote what servers answered. */
export interface ToldError {
  /** Null: an error of somebody else's code. */
  readonly code: ErrorCode | null;
  readonly message: string;
  /** When it was, in milliseconds since the epoch. */
  readonly at: number;
}

/** A pipeline at one moment. */
export interface PipelineStatus {
  readonly name: string;
  readonly state: PipelineState;
  /** Lanes that this instance owns. */
  readonly lanes: readonly LaneStatus[];
  /** The last thing that went wrong, also when it was overcome since. */
  readonly lastError: ToldError | null;
}

export function toldError(error: Error, at: number): ToldError {
  return { code: error instanceof TandemError ? error.code : null, message: error.message, at };
}

/** Remembers what went wrong last. */
export class LastError implements Observer {
  readonly #now: () => number;
  told: ToldError | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  observe(event: PipelineEvent): void {
    const error = errorOf(event);
    if (error !== null) this.told = toldError(error, this.#now());
  }
}

function errorOf(event: PipelineEvent): Error | null {
  if (event.type === "producerRenewed") return event.cause;
  return event.type === "aborted" || event.type === "stalled" || event.type === "stopped" ? event.error : null;
}
