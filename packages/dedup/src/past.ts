import type { Batch, IdentityStrategy, JsonValue, Lane, LaneContext, LaneId, LaneIdentity } from "@tandem-cdc/core";
import { laneId } from "@tandem-cdc/core";

/** As long as the stores keep claims: a quarter longer than the horizon. */
const KEPT = 1.25;

interface Claimed {
  /** Every record below it has made its claims in this process. */
  readonly offset: number;
  /** What the identity remembered there. */
  readonly identity: JsonValue | undefined;
}

/** Which part of each lane's log this process has claimed for, and how to claim for the rest. */
export class Past {
  readonly #strategy: IdentityStrategy;
  readonly #keptMs: number;
  readonly #lanes = new Map<LaneId, Claimed>();

  constructor(strategy: IdentityStrategy, horizonMs: number) {
    this.#strategy = strategy;
    this.#keptMs = horizonMs * KEPT;
  }

  claimed(lane: Lane, offset: number, identity: JsonValue | undefined): void {
    const known = this.#lanes.get(laneId(lane));
    if (known === undefined || offset > known.offset) this.#lanes.set(laneId(lane), { offset, identity });
  }

  /**
   * Reads the lane again, from where this process was last or from one kept lifetime before the last committed record,
   * up to its start. `claim` identifies each batch with the identity that it is given, and claims.
   */
  async claimAgain(
    context: LaneContext,
    claim: (batch: Batch, identity: LaneIdentity) => Promise<void>,
  ): Promise<void> {
    const { lane, lastTimestamp, startOffset } = context;
    const known = this.#lanes.get(laneId(lane));
    if (lastTimestamp === null || (known?.offset ?? 0) >= startOffset) return;
    const from = Math.max(known?.offset ?? 0, context.logStart, await context.offsetAt(lastTimestamp - this.#keptMs));
    if (from >= startOffset) return;
    const remembered = from === known?.offset ? known.identity : undefined;
    const identity = await this.#strategy.openLane(earlier(context, from), remembered);
    for await (const batch of context.replay(from, startOffset)) {
      if (batch.length === 0) continue;
      await claim(batch, identity);
      context.restoring(batch.offset(batch.length - 1) + 1 - from, startOffset - from);
    }
    this.claimed(lane, startOffset, identity.state());
  }
}

/** The lane as it was at an earlier coordinate; what is found there was told when it was processed. */
function earlier(context: LaneContext, startOffset: number): LaneContext {
  const { lane, logStart, partitions, pipeline, signal } = context;
  return {
    lane,
    pipeline,
    partitions,
    logStart,
    signal,
    startOffset,
    lastTimestamp: null,
    state: undefined,
    replay: (from, to) => context.replay(from, to),
    offsetAt: (timestampMs) => context.offsetAt(timestampMs),
    restoring: () => undefined,
    report: () => undefined,
  };
}
