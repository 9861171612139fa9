import { type Lane, type LaneId, laneId } from "../lane.ts";
import type { LaneRunner } from "./lane-runner.ts";
import type { Runtime } from "./runtime.ts";

/** How long a lane rests before it is looked at, and how long until it is looked at again. */
const IDLE_MS = 60_000;

/**
 * Where producers write in transactions, markers without a record follow the last record. When retention removes both,
 * the log starts above the floor of a lane that has read everything, and nobody could tell any more that nothing was lost.
 * So the floor of a lane at rest is moved past what is read again and found to hold no record.
 */
export class IdleLanes {
  readonly #runtime: Runtime;
  readonly #signal: AbortSignal;
  #resting = new Map<LaneId, number>();
  #lookedAt: number;
  #looking = false;

  constructor(runtime: Runtime, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#signal = signal;
    this.#lookedAt = runtime.clock.now();
  }

  /** To be called often: looks now and then, and never waits. */
  look(runners: readonly LaneRunner[]): void {
    const { clock, transport } = this.#runtime;
    if (this.#looking || clock.now() - this.#lookedAt < IDLE_MS) return;
    this.#lookedAt = clock.now();
    const behind = runners.filter(
      (runner) => runner.idle && (transport.logEnd?.(runner.lane) ?? 0) > runner.nextOffset,
    );
    const rested = behind.filter((runner) => this.#resting.get(laneId(runner.lane)) === runner.nextOffset);
    this.#resting = new Map(behind.map((runner) => [laneId(runner.lane), runner.nextOffset]));
    if (rested.length === 0) return;
    this.#looking = true;
    void this.#passOver(rested)
      // Who does not answer now is asked again.
      .catch(() => undefined)
      .finally(() => (this.#looking = false));
  }

  async #passOver(runners: readonly LaneRunner[]): Promise<void> {
    for (const runner of runners) {
      const from = runner.nextOffset;
      const to = await this.#emptyUpTo(runner.lane, from);
      const unit = to > from ? runner.passOver(from, to) : null;
      if (unit !== null) this.#runtime.prepared(unit);
    }
  }

  /** How far the lane holds no record, from an offset on, by reading it. */
  async #emptyUpTo(lane: Lane, from: number): Promise<number> {
    const { transport } = this.#runtime;
    const { logEnd = 0 } = (await transport.bounds?.(lane)) ?? {};
    for await (const batch of transport.read(lane, from, logEnd, this.#signal)) if (batch.length > 0) return from;
    // What retention had removed by then was not read.
    const { logStart = Infinity } = (await transport.bounds?.(lane)) ?? {};
    return logStart <= from ? logEnd : from;
  }
}
