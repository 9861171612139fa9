import type { Batch } from "../batch.ts";
import { TandemError } from "../errors.ts";
import { type Anchor, anchorOf, encodeLaneState, type LaneState } from "../lane-state.ts";
import { type LaneId, laneId } from "../lane.ts";
import type { Rejection } from "../outcomes.ts";
import type { LaneProgress } from "../transport.ts";
import type { LaneRunner } from "./lane-runner.ts";

/** A processed batch that waits for its transaction. */
export interface Prepared {
  readonly runner: LaneRunner;
  /**
   * Nothing follows it in its transaction. A replay's start is committed before any of its records: as long as nobody
   * knows whether that happened, the lane can start there again and nothing comes out twice.
   */
  readonly endsTransaction: boolean;
  /** First coordinate of the input. */
  readonly firstOffset: number;
  /** Input records. */
  readonly inputs: number;
  /** What it holds of the memory bound. */
  readonly weight: number;
  readonly output: Batch;
  /** What goes to topics of its own: dead letters and diverted records. */
  readonly aside: Batch | null;
  readonly nextOffset: number;
  readonly state: LaneState;
}

export function progressOf(unit: Prepared): LaneProgress {
  return { lane: unit.runner.lane, nextOffset: unit.nextOffset, state: encodeLaneState(unit.state) };
}

export function firstOfEachLane(units: readonly Prepared[]): Map<LaneId, Prepared> {
  const first = new Map<LaneId, Prepared>();
  for (const unit of units) if (!first.has(laneId(unit.runner.lane))) first.set(laneId(unit.runner.lane), unit);
  return first;
}

export function lastOfEachLane(units: readonly Prepared[]): Map<LaneId, Prepared> {
  return new Map(units.map((unit) => [laneId(unit.runner.lane), unit]));
}

export function lastAnchor(batch: Batch): Anchor {
  return anchorOf(batch, batch.length - 1);
}

/** What to say of a record that was rejected while nothing is tolerated. */
export function rejectedError(batch: Batch, rejection: Rejection): TandemError {
  const { cause, index, stage } = rejection;
  return new TandemError(
    "RECORD_REJECTED",
    `stage "${stage}" rejected record ${laneId(batch.lane)}@${batch.offset(index)}: ${cause.message} ` +
      `(errors.tolerance is "none": mend the record's source, or set errors.tolerance to "all", with errors.deadLetter.topic to keep such records)`,
    { cause },
  );
}
