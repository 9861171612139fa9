import {
  batchOf,
  chain,
  type ErrorPolicy,
  isJsonObject,
  type Lane,
  type LaneContext,
  type LaneId,
  laneId,
  type Outcomes,
  OutcomesBuilder,
  type RecordView,
  select,
  TandemError,
  type Transform,
} from "@tandem-cdc/core";
import { DoneLetters } from "./done-letters.ts";
import { OwnedByAnother } from "./late-claim.ts";
import { type Letter, letterId, letterOf } from "./letter.ts";
import { REDRIVE } from "./letters.ts";
import type { Route } from "./route.ts";

/** The stages of the pipeline that the letters come from. */
export interface Stages {
  /** Claims the key of a record that has not yet, and lets it pass if it is the first. */
  readonly claiming: Transform;
  /** Lets every record pass, as the first of its key. */
  readonly emitting: Transform;
  readonly later: readonly Transform[];
}

export interface RedriveOptions {
  readonly pipeline: string;
  readonly stages: Stages;
  /** The way of a letter that is to be redriven; undefined for every other. */
  readonly routeOf: (letter: Letter) => Route | undefined;
  /** The record as it lies in the input; null where it is gone. */
  readonly readInput: (lane: Lane, offset: number, signal: AbortSignal) => Promise<RecordView | null>;
  readonly partitions: (topic: string) => number;
}

/** What became of a letter: `dropped` on purpose, as the duplicate that it was or by a later transform. */
export type Fate = "emitted" | "failed" | "dropped";

export interface Redriver {
  readonly stage: Transform;
  readonly redriven: NonNullable<ErrorPolicy["redriven"]>;
  /** By letter, in this run; what is not committed comes again. */
  readonly fates: ReadonlyMap<string, Fate>;
}

/**
 * Presents letters to the stages that they have still to go through. Each letter is whole: its record goes on with
 * everything that is made of it, or is a dead letter again. Which letters are dealt with is the lane's state, so it commits
 * with what they became.
 */
export function redriver(options: RedriveOptions): Redriver {
  const { claiming, emitting, later } = options.stages;
  const chains = new Map<string, Transform>();
  const fates = new Map<string, Fate>();
  const lanes = new Map<LaneId, DoneLetters>();
  /** Records of letters that came without, as they lie in the input. */
  const inputs = new Map<string, RecordView>();

  const chainFrom = ({ from }: Route): Transform => {
    const id = typeof from === "string" ? from : `later ${from.later}`;
    const made =
      chains.get(id) ??
      chain(
        from === "claimed" ? [claiming, ...later] : from === "emitted" ? [emitting, ...later] : later.slice(from.later),
      );
    chains.set(id, made);
    return made;
  };

  async function recordOf(letter: Letter, { fromInput }: Route, signal: AbortSignal): Promise<RecordView | null> {
    if (!fromInput || letter.record === null) return letter.record;
    const { lane, offset } = letter.record;
    const record = await options.readInput(lane, offset, signal);
    if (record !== null) inputs.set(letterId(letter), record);
    return record;
  }

  async function presented(record: RecordView, route: Route, context: LaneContext): Promise<Outcomes> {
    const through = chainFrom(route);
    const own = contextOf(record, route, options, context);
    try {
      await through.openLane?.(own);
      return await through.apply(batchWith(record), own);
    } catch (thrown) {
      if (!isOwned(thrown)) throw thrown;
      return duplicate(record);
    } finally {
      await through.closeLane?.(own);
    }
  }

  const stage: Transform = {
    name: REDRIVE,
    openLane(context) {
      const state = isJsonObject(context.state) ? context.state["done"] : undefined;
      const { logStart, startOffset: from } = context;
      lanes.set(laneId(context.lane), new DoneLetters(state, { from, logStart }));
    },
    closeLane({ lane }) {
      lanes.delete(laneId(lane));
    },
    async apply(batch, context) {
      const done = lanes.get(laneId(context.lane));
      if (done === undefined) throw new TypeError(`${REDRIVE}: lane ${laneId(context.lane)} is not open`);
      const builder = new OutcomesBuilder(REDRIVE, batch);
      const stageOf = new Map<number, string>();
      for (let i = 0; i < batch.length; i++) {
        const letter = letterOf(batch, i);
        const known = done.has(letter.offset);
        const route = known ? undefined : options.routeOf(letter);
        const record = route === undefined ? null : await recordOf(letter, route, context.signal);
        done.pass(letter.offset, known || record !== null);
        if (route === undefined || record === null) {
          builder.drop(i, "passed over");
          continue;
        }
        const outcomes = await presented(record, route, context).catch((thrown: unknown) => {
          throw told(letter, thrown);
        });
        const [rejection] = outcomes.rejected;
        if (rejection !== undefined) stageOf.set(i, rejection.stage);
        fates.set(letterId(letter), put(outcomes, i, builder));
      }
      context.state = { done: done.state() };
      const outcomes = builder.done();
      return {
        ...outcomes,
        rejected: outcomes.rejected.map(({ cause, index, stage: own }) => ({
          cause,
          index,
          stage: stageOf.get(index) ?? own,
        })),
      };
    },
    async close() {
      for (const each of new Set([claiming, emitting, ...later])) await each.close?.();
    },
  };
  return {
    stage,
    fates,
    redriven(batch, i) {
      const letter = letterOf(batch, i);
      const { attempts, key, resumeAt } = letter;
      const record = inputs.get(letterId(letter)) ?? letter.record ?? letter.stored;
      return { record, attempts, ...(resumeAt === "" ? {} : { resumeAt }), ...(key === "" ? {} : { key }) };
    },
  };
}

/** The batch fails: a store is down, a lane cannot hold such a record. Somebody has to know which it was. */
function told(letter: Letter, thrown: unknown): unknown {
  if (!(thrown instanceof TandemError) || thrown.retriable) return thrown;
  return new TandemError(thrown.code, `dead letter ${letterId(letter)}: ${thrown.message}`, { cause: thrown });
}

/** A stage wraps what its store throws. */
function isOwned(thrown: unknown): boolean {
  return thrown instanceof OwnedByAnother || (thrown instanceof Error && isOwned(thrown.cause));
}

function duplicate({ lane }: RecordView): Outcomes {
  const dropped = [{ stage: REDRIVE, reason: "duplicate", count: 1 }];
  return { next: batchOf(lane, []), origins: null, dropped, rejected: [], diverted: [] };
}

/** Gives letter i the fate of its record. */
function put({ diverted, dropped, next, rejected }: Outcomes, i: number, builder: OutcomesBuilder): Fate {
  const [rejection] = rejected;
  const [diversion] = diverted;
  if (rejection !== undefined) {
    builder.reject(i, rejection.cause);
    return "failed";
  }
  if (next.length > 0) {
    builder.replace(
      i,
      Array.from({ length: next.length }, (_, at) => ({
        key: next.key(at),
        value: next.value(at),
        headers: next.headers(at),
        timestamp: next.timestamp(at),
        topic: next.topic(at),
        partition: next.partition(at),
      })),
    );
    return "emitted";
  }
  if (diversion === undefined) builder.drop(i, dropped[0]?.reason ?? "dropped");
  else builder.divert(i, diversion.topic, diversion.reason, diversion.context);
  return "dropped";
}

function batchWith(record: RecordView) {
  const { headers, key, lane, offset, partition, timestamp, topic, value } = record;
  const batch = batchOf(lane, [{ offset, timestamp, key, value, headers }]);
  return select(batch, Int32Array.of(0), new Map([[0, { topic, partition }]]));
}

/** A lane that holds this record and nothing else: no mark, count or boundary of the real one says anything of it. */
function contextOf(
  { lane, offset }: RecordView,
  { from }: Route,
  { partitions, pipeline }: RedriveOptions,
  outer: LaneContext,
): LaneContext {
  return {
    lane,
    pipeline,
    // Where nothing is claimed, nothing can be missed in another lane.
    partitions: from === "claimed" ? partitions(lane.topic) : 1,
    startOffset: offset,
    logStart: offset,
    lastTimestamp: null,
    replaying: false,
    signal: outer.signal,
    state: undefined,
    async *replay() {},
    offsetAt: async () => offset,
    restoring: () => undefined,
    report: () => undefined,
    note: (text) => outer.note(text),
  };
}
