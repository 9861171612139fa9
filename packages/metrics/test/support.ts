import {
  type Batch,
  batchOf,
  type Lane,
  type Outcomes,
  OutcomesBuilder,
  type PipelineEvent,
  passThrough,
} from "@tandem-cdc/core";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };

/** Records at these offsets, each with a timestamp of 1,000 ms and a value of ten bytes. */
export function records(offsets: readonly number[], lane: Lane = LANE): Batch {
  return batchOf(
    lane,
    offsets.map((offset) => ({ offset, timestamp: 1_000, key: null, value: new Uint8Array(10) })),
  );
}

export function assigned(logEnd: number, lane: Lane = LANE, offset = 0): PipelineEvent {
  return { type: "assigned", lanes: [{ lane, offset, logEnd }] };
}

export function rewound(offset: number, logEnd: number, lane: Lane = LANE): PipelineEvent {
  return { type: "rewound", lanes: [{ lane, offset, logEnd }] };
}

export function aborted(lane: Lane = LANE): PipelineEvent {
  return { type: "aborted", error: new Error("the broker is away"), lanes: [lane] };
}

/** A batch is processed: records with an index in `duplicates` are dropped, in `rejected` rejected. */
export function processed(
  batch: Batch,
  fates: { duplicates?: readonly number[]; rejected?: readonly number[] } = {},
): PipelineEvent {
  return { type: "processed", batch, outcomes: outcomesOf(batch, fates), durationMs: 4 };
}

export function outcomesOf(
  batch: Batch,
  { duplicates = [], rejected = [] }: { duplicates?: readonly number[]; rejected?: readonly number[] },
): Outcomes {
  if (duplicates.length + rejected.length === 0) return passThrough(batch);
  const outcomes = new OutcomesBuilder("dedup", batch);
  for (const i of duplicates) outcomes.drop(i, "duplicate");
  for (const i of rejected) outcomes.reject(i, new Error("not JSON"));
  return outcomes.done();
}

export function committed(
  outputs: readonly Batch[],
  nextOffset: number,
  inputs: number,
  lane: Lane = LANE,
): PipelineEvent {
  return { type: "committed", outputs, inputs, lanes: [{ lane, nextOffset }], durationMs: 20 };
}
