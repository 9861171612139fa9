import { type Batch, batchBytes, batchOf, RecordView } from "../batch.ts";
import type { Clock } from "../clock.ts";
import { asError, TandemError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type Lane, laneId } from "../lane.ts";
import type { Anchor, LaneState } from "../lane-state.ts";
import type { PipelineEvent } from "../observer.ts";
import type { Outcomes, Rejection } from "../outcomes.ts";
import { select, slice } from "../selection.ts";
import type { LaneContext, Transform } from "../transform.ts";
import type { Transport } from "../transport.ts";
import type { Beginning } from "./lane-start.ts";
import { asideOf, REFUSED } from "./dead-letters.ts";
import { lastAnchor, type Prepared, rejectedError } from "./prepared.ts";
import type { ErrorPolicy } from "./pipeline.ts";

/** What a record costs in memory beside its bytes: keeps the bound honest for tombstones. */
const RECORD_OVERHEAD = 128;

export interface LaneRunnerOptions {
  readonly pipeline: string;
  readonly lane: Lane;
  readonly beginning: Beginning;
  readonly stage: Transform;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly errors: ErrorPolicy;
  /** Records whose output is refused for good, by offset, with the cause: they are rejected after the transforms. */
  readonly poison: ReadonlyMap<number, Error>;
  /** While it says so, nothing more is begun: what was read waits for `goOn`. */
  readonly onHold: () => boolean;
  readonly emit: (event: PipelineEvent) => void;
  readonly prepared: (unit: Prepared) => void;
  readonly failed: (error: Error) => void;
}

/**
 * One life of a lane: from an assignment or a rewind to the next. Batches are processed serially, in order; what
 * comes out waits for a transaction. After `end` nothing comes out any more.
 */
export class LaneRunner {
  readonly lane: Lane;
  /** Bytes read, or made of what was read, and not committed yet. */
  outstanding = 0;
  /** Those of them that wait for a transaction. */
  prepared = 0;
  /** The transport does not read it. */
  paused = false;
  /** Everything below is committed; null: nothing is. */
  committed: number | null;
  /** Records that one unit may hold, and that it is committed alone; null: as they come. */
  limit: number | null = null;
  /** Set when the lane is being revoked: no new transaction should take its work. */
  closing = false;
  /** Set when the group has given the lane to somebody else: a commit is out of the question. */
  lost = false;
  readonly #options: LaneRunnerOptions;
  readonly #context: LaneContext;
  readonly #controller = new AbortController();
  readonly #queue: Batch[] = [];
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  /** A batch failed: what comes after it must not overtake it. The lane waits to be ended and started again. */
  #failed = false;
  /** The last record that was processed. */
  #anchor: Anchor | null;
  #nextOffset: number;
  /** What the transforms remember belongs to the floor above, until they have processed a batch of the replay. */
  #stagesAhead: boolean;

  constructor(options: LaneRunnerOptions) {
    const { beginning, lane, pipeline, transport, emit } = options;
    const { signal } = this.#controller;
    this.lane = lane;
    this.#options = options;
    this.#anchor = beginning.anchor;
    this.#nextOffset = beginning.offset;
    this.#stagesAhead = beginning.replaying;
    this.committed = beginning.commitFirst ? beginning.start.committed : beginning.offset;
    this.#context = {
      lane,
      pipeline,
      partitions: beginning.start.partitions,
      startOffset: beginning.offset,
      logStart: beginning.start.logStart,
      lastTimestamp: beginning.anchor?.timestamp ?? null,
      replaying: beginning.replaying,
      signal,
      state: beginning.state?.stages,
      replay: (from, to) => transport.read(lane, from, to, signal),
      offsetAt: async (timestampMs) => (await transport.offsetAt?.(lane, timestampMs)) ?? beginning.start.logStart,
      restoring: (records, of) => emit({ type: "restoring", lane, records, of }),
      report: (name, count) => emit({ type: "measured", lane, name, count }),
      note: (text) => emit({ type: "noticed", lane, text }),
    };
  }

  get ended(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Everything below was processed. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** A batch is being processed. */
  get working(): boolean {
    return this.#busy;
  }

  /** The end of its log when it began. */
  get logEnd(): number {
    return this.#options.beginning.start.logEnd;
  }

  /** Nothing that was read waits for anything. */
  get idle(): boolean {
    return this.outstanding === 0 && !this.#busy && !this.#failed && !this.ended && !this.closing;
  }

  /** Lets the transforms restore what they remember. */
  async open(): Promise<void> {
    await this.#options.stage.openLane?.(this.#context);
  }

  /** The unit that commits where the lane starts, before any of its records. */
  firstCommit(): Prepared {
    const { beginning } = this.#options;
    return this.#withoutRecords(beginning.offset, beginning.state !== null);
  }

  /** The unit that moves the floor over a range without records; null when the lane has moved on meanwhile. */
  passOver(from: number, to: number): Prepared | null {
    if (!this.idle || from !== this.#nextOffset) return null;
    this.#nextOffset = to;
    return this.#withoutRecords(to, false);
  }

  #withoutRecords(nextOffset: number, endsTransaction: boolean): Prepared {
    return {
      endsTransaction,
      runner: this,
      firstOffset: nextOffset,
      inputs: 0,
      weight: 0,
      output: batchOf(this.lane, []),
      aside: null,
      nextOffset,
      state: {
        version: 1,
        nextOffset,
        anchor: this.#anchor,
        ...this.#committedWith(nextOffset),
        ...(this.#stagesAhead ? { stagesAhead: true } : {}),
      },
    };
  }

  /** Takes a batch that was read; returns its weight. */
  push(batch: Batch): void {
    if (this.ended || this.#failed || batch.length === 0) return;
    this.outstanding += weightOf(batch);
    this.#queue.push(batch);
    if (!this.#busy) this.#working = this.#work();
  }

  /** A unit of it is committed. */
  release(weight: number): void {
    this.outstanding -= weight;
    this.prepared -= weight;
  }

  /** After a hold: takes up what waits. */
  goOn(): void {
    if (!this.ended && !this.#busy && this.#queue.length > 0) this.#working = this.#work();
  }

  /** Throws away what is queued and under way, and lets the transforms drop what they hold. Never rejects. */
  async end(): Promise<void> {
    if (this.ended) return this.#working;
    this.#queue.length = 0;
    this.#controller.abort();
    this.#working = this.#working.then(async () => {
      try {
        await this.#options.stage.closeLane?.(this.#context);
      } catch (thrown) {
        this.#options.failed(asError(thrown));
      }
    });
    return this.#working;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
        const unit = await this.#process(batch);
        if (this.ended) return;
        this.#options.prepared(unit);
      }
    } catch (thrown) {
      this.#failed = true;
      this.#queue.length = 0;
      if (!this.ended) this.#options.failed(asError(thrown));
    } finally {
      this.#busy = false;
    }
  }

  #next(): Batch | undefined {
    if (this.#options.onHold()) return undefined;
    const batch = this.#queue.shift();
    const { limit } = this;
    if (batch === undefined || limit === null || batch.length <= limit) return batch;
    this.#queue.unshift(slice(batch, limit, batch.length));
    return slice(batch, 0, limit);
  }

  async #process(batch: Batch): Promise<Prepared> {
    const { stage, clock, emit, errors } = this.#options;
    const began = clock.now();
    const outcomes = this.#withoutPoison(batch, await stage.apply(batch, this.#context));
    checkOrder(batch, outcomes);
    if (!this.ended) {
      emit({ type: "processed", batch, outcomes, durationMs: clock.now() - began });
      for (const rejection of outcomes.rejected) {
        if (errors.tolerance === "none") throw rejectedError(batch, rejection);
        const record = rejection.resume?.record ?? new RecordView(batch, rejection.index);
        emit({ type: "rejected", lane: this.lane, offset: batch.offset(rejection.index), record, rejection });
      }
    }
    const nextOffset = batch.offset(batch.length - 1) + 1;
    this.#nextOffset = nextOffset;
    this.#stagesAhead = false;
    this.#anchor = lastAnchor(batch);
    const read = weightOf(batch);
    // A transform may make much of little.
    const weight = outcomes.next === batch ? read : Math.max(read, weightOf(outcomes.next));
    this.outstanding += weight - read;
    this.prepared += weight;
    return {
      endsTransaction: false,
      runner: this,
      firstOffset: batch.offset(0),
      inputs: batch.length,
      weight,
      output: outcomes.next,
      aside: asideOf(batch, outcomes, { pipeline: this.#context.pipeline, policy: errors }),
      nextOffset,
      state: {
        version: 1,
        nextOffset,
        anchor: this.#anchor,
        ...this.#committedWith(nextOffset),
      },
    };
  }

  /** What else the lane's state holds once everything below `nextOffset` is processed. */
  #committedWith(nextOffset: number): Pick<LaneState, "partitions" | "stages" | "replayUpTo"> {
    const { replayUpTo, start } = this.#options.beginning;
    return {
      partitions: start.partitions,
      stages: stagesOf(this.#context.state),
      ...(replayUpTo !== null && replayUpTo > nextOffset ? { replayUpTo } : {}),
    };
  }

  /**
   * Poison records have claimed their keys in an earlier try: they are rejected after the transforms, not before. One
   * that a transform rejects or diverts is refused as a dead letter, and goes there without what may be the reason.
   */
  #withoutPoison(batch: Batch, outcomes: Outcomes): Outcomes {
    const { poison } = this.#options;
    if (poison.size === 0) return outcomes;
    const { diverted, next, origins } = outcomes;
    const refused = new Map<number, Rejection>();
    const kept: number[] = [];
    for (let i = 0; i < next.length; i++) {
      const cause = poison.get(next.offset(i));
      const index = origins === null ? i : (origins[i] ?? 0);
      if (cause === undefined) kept.push(i);
      else refused.set(index, { stage: REFUSED, index, cause, refused: true });
    }
    for (const { index, reason, stage } of diverted) {
      const cause = poison.get(batch.offset(index));
      if (cause !== undefined) refused.set(index, { stage, index, cause, refused: true, reason });
    }
    return {
      ...outcomes,
      next: select(next, Int32Array.from(kept)),
      origins: Int32Array.from(kept, (i) => (origins === null ? i : (origins[i] ?? 0))),
      rejected: [
        ...outcomes.rejected.map((r): Rejection => (poison.has(batch.offset(r.index)) ? { ...r, refused: true } : r)),
        ...refused.values(),
      ],
      diverted: diverted.filter((d) => !poison.has(batch.offset(d.index))),
    };
  }
}

function weightOf(batch: Batch): number {
  return batchBytes(batch) + batch.length * RECORD_OVERHEAD;
}

function stagesOf(state: JsonValue | undefined): JsonObject {
  return isJsonObject(state) ? state : {};
}

/** A transform cannot reorder the lane: its records come from ever later records of the input. */
function checkOrder(batch: Batch, outcomes: Outcomes): void {
  const { next, origins } = outcomes;
  let last = 0;
  for (const origin of origins ?? []) {
    if (origin < last || origin >= batch.length)
      throw new TandemError(
        "TRANSFORM_FAILED",
        `a transform reordered lane ${laneId(batch.lane)}: build its outcomes with OutcomesBuilder`,
      );
    last = origin;
  }
  if ((origins?.length ?? batch.length) !== next.length)
    throw new TandemError(
      "TRANSFORM_FAILED",
      `a transform lost records of lane ${laneId(batch.lane)} without a reason: build its outcomes with OutcomesBuilder`,
    );
}
