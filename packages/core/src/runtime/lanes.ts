import { TandemError } from "../errors.ts";
import { type Lane, type LaneId, laneId } from "../lane.ts";
import type { StartedLane } from "../observer.ts";
import { anchorBefore, type Beginning, judgeStart, verifyAnchor } from "./lane-start.ts";
import { LaneRunner } from "./lane-runner.ts";
import { patiently, RETRY_MS } from "./patiently.ts";
import type { Prepared } from "./prepared.ts";
import type { Runtime } from "./runtime.ts";

/** The lanes that this instance owns, and how they start, start again and end. */
export class Lanes {
  readonly #runtime: Runtime;
  readonly #runners = new Map<LaneId, LaneRunner>();
  /** First commits of lanes that are new, or replayed: they wait until the transport reads the lane. */
  #firstCommits: Prepared[] = [];
  /** Lanes that find out where to go on, or read their past again. */
  starting: readonly Lane[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get all(): LaneRunner[] {
    return [...this.#runners.values()];
  }

  get(lane: Lane): LaneRunner | undefined {
    return this.#runners.get(laneId(lane));
  }

  /** Takes the first commits that wait: all of them, or those of these lanes. */
  takeFirstCommits(of: readonly Lane[] = this.all.map(({ lane }) => lane)): Prepared[] {
    if (this.#firstCommits.length === 0) return [];
    const ids = new Set(of.map(laneId));
    const waiting = this.#firstCommits.filter((unit) => !unit.runner.ended);
    this.#firstCommits = waiting.filter((unit) => !ids.has(laneId(unit.runner.lane)));
    return waiting.filter((unit) => ids.has(laneId(unit.runner.lane)));
  }

  /**
   * Begins lanes at what is committed, after checking that it is what they remember. After an assignment the transport
   * begins to read where the answer says; after a rewind (`again`) it has to seek, and the log was verified before.
   */
  async start(lanes: readonly Lane[], again: boolean, signal: AbortSignal): Promise<readonly StartedLane[]> {
    this.starting = lanes;
    try {
      return await this.#start(lanes, again, signal);
    } finally {
      this.starting = [];
    }
  }

  async #start(lanes: readonly Lane[], again: boolean, signal: AbortSignal): Promise<readonly StartedLane[]> {
    const beginnings = await this.#beginnings(lanes, signal);
    const started: StartedLane[] = [];
    for (const [i, lane] of lanes.entries()) {
      const judged = beginnings[i];
      if (judged === undefined) continue;
      const { transport } = this.#runtime;
      if (!again) await this.#patiently(signal, () => verifyAnchor(transport, lane, judged, signal));
      const beginning = await this.#moved(lane, judged, signal);
      const runner = await this.#open(lane, beginning, signal);
      if (again) await this.#patiently(signal, () => transport.seek(lane, beginning.offset));
      this.#runners.set(laneId(lane), runner);
      if (beginning.commitFirst) this.#firstCommits.push(runner.firstCommit());
      else this.#runtime.replay?.committed(lane);
      started.push({ lane, offset: beginning.offset, logEnd: beginning.start.logEnd });
    }
    return started;
  }

  /** A replay starts after another record than the floor does. */
  async #moved(lane: Lane, beginning: Beginning, signal: AbortSignal): Promise<Beginning> {
    const { emit, transport } = this.#runtime;
    const { offset, state } = beginning;
    if (state === null || state.nextOffset === offset) return beginning;
    const text = `processed again from ${offset}, below ${state.nextOffset} where it was`;
    emit({ type: "noticed", lane, text });
    const anchor = await this.#patiently(signal, () => anchorBefore(transport, lane, beginning, signal));
    return { ...beginning, anchor };
  }

  /** Ends lanes: nothing of their work is left, in memory or on its way to a transaction. */
  async end(lanes: readonly Lane[]): Promise<void> {
    const runners = lanes.map((lane) => this.get(lane)).filter((runner) => runner !== undefined);
    const ended = runners.map((runner) => runner.end());
    this.#runtime.forget(runners);
    await Promise.all(ended);
    for (const runner of runners) this.#runners.delete(laneId(runner.lane));
  }

  async #open(lane: Lane, beginning: Beginning, signal: AbortSignal): Promise<LaneRunner> {
    const runtime = this.#runtime;
    const runner = await this.#patiently(signal, async () => {
      const made = new LaneRunner({
        pipeline: runtime.name,
        lane,
        beginning,
        stage: runtime.stage,
        transport: runtime.transport,
        clock: runtime.clock,
        errors: runtime.errors,
        poison: runtime.refusals.poison(lane),
        onHold: () => runtime.waits(made),
        emit: runtime.emit,
        prepared: (unit) => runtime.prepared(unit),
        failed: (error) => runtime.laneFailed(made, error),
      });
      // A stop or a revocation must also end a long restore.
      const abort = (): void => void made.end();
      signal.addEventListener("abort", abort, { once: true });
      try {
        await made.open();
      } catch (thrown) {
        await made.end();
        throw thrown;
      } finally {
        signal.removeEventListener("abort", abort);
      }
      return made;
    });
    runner.limit = runtime.refusals.limit(lane);
    return runner;
  }

  async #beginnings(lanes: readonly Lane[], signal: AbortSignal): Promise<readonly Beginning[]> {
    const { transport, clock, emit, name, replay } = this.#runtime;
    // Counted in waits, not by the clock: a process that stood still has not waited.
    for (let waited = 0; ; waited += RETRY_MS) {
      const starts = await this.#patiently(signal, () => transport.laneStarts(lanes));
      const verdicts = lanes.map((lane, i) => {
        const start = starts[i];
        if (start === undefined) throw new TandemError("TRANSPORT_FAILED", `no start known for lane ${laneId(lane)}`);
        return judgeStart(name, lane, start, replay?.wanted(lane));
      });
      const wait = verdicts.find((verdict) => verdict.kind === "wait");
      if (wait === undefined)
        return verdicts.flatMap((verdict) => (verdict.kind === "begin" ? [verdict.beginning] : []));
      if (waited >= wait.forMs) throw wait.error;
      if (waited === 5 * RETRY_MS) emit({ type: "stalled", lane: null, error: wait.error, retryInMs: RETRY_MS });
      await clock.sleep(RETRY_MS, signal);
      signal.throwIfAborted();
    }
  }

  #patiently<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    return patiently(this.#runtime, signal, attempt);
  }
}
