import {
  asError,
  type LaneStatus,
  type Pipeline,
  type PipelineState,
  type PipelineStatus,
  TandemError,
  type ToldError,
  toldError,
} from "@tandem-cdc/core";
import { ActiveTopics, type Topics } from "./active-topics.ts";

/** `RESTARTING`: one life ends, for the next to begin. */
export type SupervisedState = PipelineState | "RESTARTING";

export interface SupervisedStatus extends Omit<PipelineStatus, "state"> {
  readonly state: SupervisedState;
}

export interface SuperviseOptions {
  readonly name: string;
  /**
   * Makes the pipeline, each time that it starts. The signal is aborted when it is not wanted any more; what it waits for
   * meanwhile, the status shows as its last error.
   */
  readonly create: (signal: AbortSignal, waiting: (reason: Error) => void) => Pipeline | Promise<Pipeline>;
  /** The pipeline's `output.prefix`. Default `dedup.`, as there. */
  readonly outputPrefix?: string;
  /** True: a pipeline that fails stays `FAILED` until it is restarted or stopped. Default false: `run` rejects. */
  readonly keepAlive?: boolean;
  /** Told of an error that `keepAlive` outlived. */
  readonly onFailed?: (error: Error) => void;
}

/**
 * A pipeline that may be stopped and started again, as often as it pleases. What is wanted of it is remembered as long as
 * the process lives: one that is restarted on hold begins on hold. Commands take effect later; `status` tells when. They
 * throw a `TandemError` `PIPELINE_STATE` where they could not.
 */
export interface Supervised {
  readonly name: string;
  /** Runs the pipeline, life after life, until the signal is aborted; or until it fails, without `keepAlive`. */
  run(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** As `Pipeline.pause`. One that was stopped starts, on hold. */
  pause(): void;
  /** One that was stopped starts. */
  resume(): void;
  /** Ends the open transaction, and leaves the group: after its session, other instances get its lanes. */
  stop(): void;
  /** Stops it where it runs, and starts it anew. */
  restart(): void;
  status(): SupervisedStatus;
  lanes(): Promise<readonly LaneStatus[]>;
  topics(): Topics;
}

export function supervise(options: SuperviseOptions): Supervised {
  return new Supervisor(options);
}

class Supervisor implements Supervised {
  readonly name: string;
  readonly #options: SuperviseOptions;
  readonly #topics: ActiveTopics;
  #wanted: "RUNNING" | "PAUSED" | "STOPPED" = "RUNNING";
  #run: "before" | "under way" | "over" = "before";
  /** Ends the life that is lived now; null: there is none. */
  #life: AbortController | null = null;
  /** That of this life, or of the last. */
  #pipeline: Pipeline | null = null;
  #failure: ToldError | null = null;
  /** What the pipeline's making waits for. */
  #waiting: ToldError | null = null;
  #wake: () => void = () => undefined;

  constructor(options: SuperviseOptions) {
    this.name = options.name;
    this.#options = options;
    this.#topics = new ActiveTopics(options.outputPrefix ?? "dedup.");
  }

  async run({ signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#run !== "before") throw new TypeError("a supervised pipeline is run once: restart it instead");
    this.#run = "under way";
    const end = (): void => {
      this.#wanted = "STOPPED";
      this.#endLife();
    };
    signal.addEventListener("abort", end, { once: true });
    try {
      while (!signal.aborted)
        if (this.#wanted === "STOPPED" || this.#failure !== null)
          await new Promise<void>((wake) => (this.#wake = wake));
        else await this.#live();
    } finally {
      signal.removeEventListener("abort", end);
      this.#run = "over";
    }
  }

  async #live(): Promise<void> {
    const life = new AbortController();
    this.#life = life;
    this.#pipeline = null;
    this.#waiting = null;
    try {
      const pipeline = await this.#options.create(
        life.signal,
        (reason) => (this.#waiting = toldError(reason, Date.now())),
      );
      this.#pipeline = pipeline;
      this.#topics.follow(pipeline);
      if (this.#wanted === "PAUSED") pipeline.pause();
      await pipeline.run({ signal: life.signal });
      if (!life.signal.aborted) this.#wanted = "STOPPED";
    } catch (thrown) {
      // Told to end while it waited for what it is made of.
      if (life.signal.aborted && this.#pipeline === null) return;
      const error = asError(thrown);
      this.#failure = toldError(error, Date.now());
      if (this.#options.keepAlive !== true) throw error;
      this.#options.onFailed?.(error);
    } finally {
      this.#life = null;
    }
  }

  pause(): void {
    this.#may("pause", "RUNNING or STOPPED");
    this.#wanted = "PAUSED";
    this.#pipeline?.pause();
    this.#wake();
  }

  resume(): void {
    this.#may("resume", "PAUSED or STOPPED");
    this.#wanted = "RUNNING";
    this.#pipeline?.resume();
    this.#wake();
  }

  stop(): void {
    this.#mayEnd("stop");
    this.#wanted = "STOPPED";
    this.#failure = null;
    this.#endLife();
  }

  restart(): void {
    this.#mayEnd("restart");
    if (this.#wanted === "STOPPED") this.#wanted = "RUNNING";
    this.#failure = null;
    this.#endLife();
  }

  #endLife(): void {
    this.#life?.abort();
    this.#wake();
  }

  #may(command: string, when: string): void {
    this.#mayEnd(command);
    if (this.#failure === null) return;
    throw new TandemError(
      "PIPELINE_STATE",
      `cannot ${command} ${this.name}, which is FAILED rather than ${when}: see its status for the reason, then restart it`,
    );
  }

  #mayEnd(command: string): void {
    if (this.#run === "under way") return;
    throw new TandemError(
      "PIPELINE_STATE",
      `cannot ${command} ${this.name}: its process ${this.#run === "over" ? "ends" : "does not run it yet"}`,
    );
  }

  status(): SupervisedStatus {
    const told = this.#pipeline?.status();
    const lastError = this.#failure ?? (told === undefined ? this.#waiting : told.lastError);
    return { name: this.name, state: this.#state(told?.state), lanes: told?.lanes ?? [], lastError };
  }

  #state(told: PipelineState = "STARTING"): SupervisedState {
    if (this.#failure !== null) return "FAILED";
    if (this.#run === "before") return "NEW";
    if (this.#life === null) return this.#run === "over" || this.#wanted === "STOPPED" ? "STOPPED" : "STARTING";
    if (this.#life.signal.aborted) return this.#wanted === "STOPPED" ? "STOPPING" : "RESTARTING";
    return told === "NEW" ? "STARTING" : told;
  }

  async lanes(): Promise<readonly LaneStatus[]> {
    return (await this.#pipeline?.lanes()) ?? [];
  }

  topics(): Topics {
    return this.#topics.topics;
  }
}
