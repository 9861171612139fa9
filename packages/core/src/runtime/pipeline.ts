import type { Batch, RecordView } from "../batch.ts";
import { chain } from "../chain.ts";
import { type Clock, systemClock } from "../clock.ts";
import { TandemError } from "../errors.ts";
import type { EventOf, Observer, PipelineEvent } from "../observer.ts";
import type { Transform } from "../transform.ts";
import type { Transport } from "../transport.ts";
import type { ReplayFrom } from "./replay.ts";
import { Runtime } from "./runtime.ts";
import { LastError, type LaneStatus, type PipelineStatus } from "./status.ts";

/** When to commit. */
export interface CommitOptions {
  /** Floor: at least this long between two commits. Default 10. */
  readonly minIntervalMs?: number;
  /** Cap: a transaction collects no longer than this while more is ready. Default 100. */
  readonly maxIntervalMs?: number;
}

/** What becomes of a record at fault: `none` fails the pipeline, `all` drops it (to the dead letter topic where there is one). */
export interface ErrorPolicy {
  readonly tolerance: "none" | "all";
  readonly deadLetterTopic?: string;
  /** Dead letters say in headers where they come from and why; without that they cannot be redriven. Default true. */
  readonly deadLetterHeaders?: boolean;
  /** Who says so: Connect's connector name and task. Default: the pipeline's name, and 0. */
  readonly reporter?: { readonly name: string; readonly task: string };
  /** Where the pipeline processes dead letters: what stands behind letter `i`. */
  readonly redriven?: (batch: Batch, i: number) => Redriven;
}

/** A dead letter that is processed again. If it fails again, its next letter resumes where this one did. */
export interface Redriven {
  readonly record: RecordView;
  /** How often it was tried before. */
  readonly attempts: number;
  readonly resumeAt?: string;
  /** The key that it has claimed. */
  readonly key?: string;
}

export interface PipelineOptions {
  /** Part of every claim's key; the transport derives group, transactional id and lane state topic from its own copy. */
  readonly name: string;
  readonly transport: Transport;
  /** In this order. */
  readonly transforms: readonly Transform[];
  /** Default: prefix `dedup.`. */
  readonly output?: { readonly prefix: string };
  readonly commit?: CommitOptions;
  readonly errors?: ErrorPolicy;
  /** Bound of what is read but not committed yet, in bytes of keys and values. Default 64 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * Processes lanes again, from below where they are: the same output comes out again, as long as claims live for what is
   * processed again. Refused while another instance has lanes of the input. Only where this pipeline is created with
   * it: one that is created again with the same replay begins it again.
   */
  readonly replay?: { readonly from: ReplayFrom };
  readonly observer?: Observer;
  readonly clock?: Clock;
}

export interface Pipeline {
  /**
   * Runs until the signal is aborted (resolves after the open transaction has ended and the group was left) or the
   * pipeline fails (rejects with a coded error). A pipeline runs once.
   */
  run(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Finishes and commits what is being processed, then begins nothing more, until `resume`. The pipeline stays in its group
   * and keeps its lanes, also over rebalances and rewinds. Before `run`: it starts on hold.
   */
  pause(): void;
  resume(): void;
  status(): PipelineStatus;
  /** The lanes, with the ends of their logs asked for now: nobody hears of the end of a lane that is not read. */
  lanes(): Promise<readonly LaneStatus[]>;
  /** Listens to one kind of event; returns a function that ends it. */
  on<T extends PipelineEvent["type"]>(type: T, listener: (event: EventOf<T>) => void): () => void;
}

const PREFIX = "dedup.";

function checked(options: PipelineOptions): PipelineOptions {
  const { commit, name, output } = options;
  const problems: string[] = [];
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(name)) problems.push("name: letters, digits, '.', '_' and '-' only, at most 200");
  const { maxIntervalMs = 100, minIntervalMs = 10 } = commit ?? {};
  if (!(minIntervalMs >= 0 && minIntervalMs <= maxIntervalMs))
    problems.push("commit: 0 <= minIntervalMs <= maxIntervalMs");
  if (output?.prefix === "")
    problems.push("output.prefix: must not be empty, or the output would go to the input topics");
  if (problems.length > 0) throw new TandemError("CONFIG_INVALID", problems.join("; "));
  return options;
}

/** A pipeline over a transport. Nothing happens before `run`. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { commit, observer, transforms, transport, name } = checked(options);
  const stage = chain(transforms);
  const listeners = new Map<string, Set<(event: never) => void>>();
  const clock = options.clock ?? systemClock;
  const lastError = new LastError(() => clock.now());
  const emit = (event: PipelineEvent): void => {
    lastError.observe(event);
    observer?.observe(event);
    for (const listener of listeners.get(event.type) ?? []) listener(event as never);
  };
  const prefix = options.output?.prefix ?? PREFIX;
  let runtime: Runtime | null = null;
  let onHold = false;
  return {
    async run({ signal = new AbortController().signal } = {}) {
      if (runtime !== null) throw new TypeError("a pipeline runs once: create another one");
      runtime = new Runtime({
        name,
        transport,
        stage,
        clock,
        errors: options.errors ?? { tolerance: "none" },
        outputTopic: (topic) => prefix + topic,
        minIntervalMs: commit?.minIntervalMs ?? 10,
        maxIntervalMs: commit?.maxIntervalMs ?? 100,
        maxBufferedBytes: options.maxBufferedBytes ?? 64 * 1024 * 1024,
        replayFrom: options.replay?.from ?? null,
        emit,
      });
      if (onHold) runtime.hold();
      await runtime.run(signal);
    },
    pause() {
      onHold = true;
      runtime?.hold();
    },
    resume() {
      onHold = false;
      runtime?.goOn();
    },
    status: () => ({
      name,
      state: runtime?.state ?? "NEW",
      lanes: runtime?.lanes ?? [],
      lastError: lastError.told,
    }),
    async lanes() {
      const known: LaneStatus[] = [];
      for (const status of runtime?.lanes ?? []) {
        const { logEnd } = (await transport.bounds?.(status.lane)) ?? status;
        known.push({ ...status, logEnd });
      }
      return known;
    },
    on(type, listener) {
      const set = listeners.get(type) ?? new Set<(event: never) => void>();
      listeners.set(type, set.add(listener));
      return () => set.delete(listener);
    },
  };
}
