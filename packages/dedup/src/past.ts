import {
  type Anchor,
  anchorOf,
  type Batch,
  type Clock,
  type IdentityStrategy,
  type JsonValue,
  type KeyStore,
  type LaneContext,
  type LaneId,
  laneId,
  type LaneIdentity,
} from "@tandem-cdc/core";
import { Checkpoints } from "./checkpoints.ts";
import { identifyAgain, pastBegins, timeOf } from "./identify-again.ts";
import { isMemoryStore } from "./memory-store.ts";

export interface RebuildOptions {
  /** How much of its past a lane reads again, and a quarter more. */
  readonly horizonMs: number;
  /** Folder for a file of each lane's claims, so that only what came after it is read again. The store has to be `memoryStore`. */
  readonly checkpoint?: string;
  /** How often each file is written anew while its lane runs, besides at its end. Default five minutes. */
  readonly checkpointEveryMs?: number;
  /** Told how much of a lane is read again, and why no checkpoint was of use. */
  readonly onNotice?: (notice: string) => void;
}

const FIVE_MINUTES_MS = 300_000;

export interface Claimed {
  /** Every record below it has made its claims in this process, or in one that left them to it. */
  readonly offset: number;
  /** What the identity remembered there. */
  readonly identity: JsonValue | undefined;
  /** The last record below it; null where none was seen. */
  readonly anchor: Anchor | null;
}

/** Which part of each lane's log this process has claimed for, and how to claim for the rest. */
export class Past {
  readonly #horizonMs: number;
  readonly #checkpoints: Checkpoints | null;
  readonly #lanes = new Map<LaneId, Claimed>();

  constructor(options: RebuildOptions, keyStore: KeyStore, clock: Clock) {
    const { checkpointEveryMs = FIVE_MINUTES_MS, horizonMs } = options;
    if (!(horizonMs > 0)) throw new TypeError(`rebuild.horizonMs has to be above 0, not ${horizonMs}`);
    if (!(checkpointEveryMs >= 0)) throw new TypeError(`rebuild.checkpointEveryMs cannot be ${checkpointEveryMs}`);
    this.#horizonMs = horizonMs;
    this.#checkpoints = checkpointsOf(options, keyStore, clock);
  }

  /** The batch has made its claims, and the identity remembers this. */
  claimed({ lane }: LaneContext, batch: Batch, identity: JsonValue | undefined): void {
    const id = laneId(lane);
    const last = batch.length - 1;
    const offset = batch.offset(last) + 1;
    const known = this.#lanes.get(id);
    if (known === undefined || offset > known.offset)
      this.#lanes.set(id, { offset, identity, anchor: anchorOf(batch, last) });
    if (this.#checkpoints?.due(lane) === true) this.#checkpoints.write(lane, () => this.#lanes.get(id));
  }

  /**
   * Reads the lane again, from where this process or a checkpoint was last, or from one kept lifetime before the last
   * committed record, up to its start. `claim` identifies each batch with the identity that it is given, and claims: not
   * as new, or the store would have to hold them for another kept lifetime.
   */
  async claimAgain(
    context: LaneContext,
    strategy: IdentityStrategy,
    hash: string,
    claim: (batch: Batch, identity: LaneIdentity, ageMs: number) => Promise<void>,
  ): Promise<void> {
    const { lane, pipeline, startOffset } = context;
    const id = laneId(lane);
    const { name, version } = strategy;
    this.#checkpoints?.opened(lane, { pipeline, identity: `${name} ${version}`, hash, horizonMs: this.#horizonMs });
    // A new lane has no past, whatever a file of its name says.
    if (context.lastTimestamp === null || (this.#lanes.get(id)?.offset ?? 0) >= startOffset) return;
    const startsAt = await timeOf(context, context.lastTimestamp);
    const begin = await pastBegins(context, startsAt, this.#horizonMs);
    const known = this.#lanes.get(id) ?? (await this.#checkpoints?.load(context, begin));
    if (known !== undefined) this.#lanes.set(id, known);
    const from = Math.max(known?.offset ?? 0, begin);
    if (from >= startOffset) return;
    const remembered = from === known?.offset ? known.identity : undefined;
    let anchor = known?.anchor ?? null;
    let newest = -Infinity;
    const identity = await identifyAgain(context, strategy, from, remembered, async (batch, earlier) => {
      for (let i = 0; i < batch.length; i++) newest = Math.max(newest, batch.timestamp(i));
      await claim(batch, earlier, Math.max(0, startsAt - newest));
      anchor = anchorOf(batch, batch.length - 1);
    });
    this.#lanes.set(id, { offset: startOffset, identity, anchor });
  }

  /** The lane ends here, for now or for good. Nobody has to wait for its checkpoint: its claims stay in memory. */
  closed({ lane }: LaneContext): void {
    this.#checkpoints?.write(lane, () => this.#lanes.get(laneId(lane)));
  }

  /** Resolves when every checkpoint is written. */
  async settled(): Promise<void> {
    await this.#checkpoints?.settled();
  }
}

function checkpointsOf(
  { checkpoint, checkpointEveryMs = FIVE_MINUTES_MS, onNotice = () => undefined }: RebuildOptions,
  store: KeyStore,
  clock: Clock,
): Checkpoints | null {
  if (checkpoint === undefined) return null;
  if (!isMemoryStore(store)) throw new TypeError("rebuild.checkpoint: the key store has to be memoryStore()");
  return new Checkpoints({ folder: checkpoint, everyMs: checkpointEveryMs, store, clock, onNotice });
}
