import type { Batch, RecordView } from "./batch.ts";
import type { Lane } from "./lane.ts";
import type { Outcomes, Rejection } from "./outcomes.ts";

/** What a pipeline tells about itself. Times are milliseconds. Listeners must be quick, and must not throw. */
export type PipelineEvent =
  | { readonly type: "connected" }
  | { readonly type: "assigned"; readonly lanes: readonly StartedLane[] }
  | { readonly type: "revoked"; readonly lanes: readonly Lane[]; readonly lost: boolean }
  | { readonly type: "polled"; readonly batch: Batch; readonly bytes: number }
  | { readonly type: "processed"; readonly batch: Batch; readonly outcomes: Outcomes; readonly durationMs: number }
  /** A lane that starts reads its past again: so many records of so many. */
  | { readonly type: "restoring"; readonly lane: Lane; readonly records: number; readonly of: number }
  | { readonly type: "measured"; readonly lane: Lane; readonly name: string; readonly count: number }
  | { readonly type: "noticed"; readonly lane: Lane; readonly text: string }
  | {
      readonly type: "rejected";
      readonly lane: Lane;
      readonly offset: number;
      /** As the stage that rejected it received it. */
      readonly record: RecordView;
      readonly rejection: Rejection;
    }
  | {
      readonly type: "committed";
      /** The records that became visible, one batch per processed batch, in order per lane. */
      readonly outputs: readonly Batch[];
      /** Input records that the transaction accounts for. */
      readonly inputs: number;
      readonly lanes: readonly { readonly lane: Lane; readonly nextOffset: number }[];
      readonly durationMs: number;
    }
  | { readonly type: "aborted"; readonly error: Error; readonly lanes: readonly Lane[] }
  | { readonly type: "producerRenewed"; readonly cause: Error }
  | { readonly type: "rewound"; readonly lanes: readonly StartedLane[] }
  | { readonly type: "stalled"; readonly lane: Lane | null; readonly error: Error; readonly retryInMs: number }
  | { readonly type: "paused"; readonly lanes: readonly Lane[] }
  | { readonly type: "resumed"; readonly lanes: readonly Lane[] }
  | { readonly type: "stopped"; readonly error: Error | null };

export interface StartedLane {
  readonly lane: Lane;
  readonly offset: number;
  /** One past the last readable offset at that moment: the lag is the difference. */
  readonly logEnd: number;
}

/** Receives everything that a pipeline tells. */
export interface Observer {
  observe(event: PipelineEvent): void;
}

export type EventOf<T extends PipelineEvent["type"]> = Extract<PipelineEvent, { readonly type: T }>;
