import {
  asError,
  type Batch,
  type Clock,
  type HashStrategy,
  type IdentityStrategy,
  type LaneContext,
  type LaneIdentity,
  TandemError,
} from "@tandem-cdc/core";
import { Columns } from "./columns.ts";
import { quiet } from "./identify-again.ts";
import { memoryStore, type MemoryStore } from "./memory-store.ts";
import type { Tally } from "./tally.ts";

/** Claims of one lane's shadow: some 12 MB. When they are full it forgets them all, and judges what comes after. */
const MOST_CLAIMS = 200_000;
/** Samples told per lane and minute. */
const SAMPLES = 3;
const MINUTE_MS = 60_000;

/** What one of the two says of a record: the coordinate that it is a copy of (its own: it is new), or a word. */
type Said = number | string;

/**
 * A second identity beside the one that decides: on each record that made a claim it makes one of its own, and where the
 * two do not agree whether the record is new, it counts that and shows a few. It changes nothing: neither what is emitted
 * nor what the lane remembers. What was emitted before it began it has not seen, and does not judge.
 */
export class Shadow {
  readonly #context: LaneContext;
  readonly #strategy: IdentityStrategy;
  readonly #columns: Columns;
  readonly #clock: Clock;
  /** Null: not opened yet, or it has failed and rests until the lane is opened again. */
  #identity: LaneIdentity | null = null;
  #store: MemoryStore;
  /** Claims are known from this coordinate on. */
  #since: number;
  #minute = -Infinity;
  #samples = 0;

  private constructor(strategy: IdentityStrategy, context: LaneContext, hash: HashStrategy, clock: Clock) {
    this.#strategy = strategy;
    this.#context = context;
    this.#clock = clock;
    this.#columns = new Columns(hash, [strategy.name, strategy.version, context.pipeline, context.lane.topic]);
    this.#store = this.#newStore();
    this.#since = context.startOffset;
  }

  static async open(
    strategy: IdentityStrategy,
    context: LaneContext,
    hash: HashStrategy,
    clock: Clock,
  ): Promise<Shadow> {
    const shadow = new Shadow(strategy.forTopic?.(context.lane.topic) ?? strategy, context, hash, clock);
    try {
      const { startOffset } = context;
      shadow.#identity = await shadow.#strategy.openLane(quiet(context, startOffset), undefined);
    } catch (thrown) {
      context.report("shadow-failed", 1);
      shadow.#rest(thrown);
    }
    return shadow;
  }

  /** `owners[i]`: the coordinate that owns record i for the identity that decides; NaN where that is not to be judged. */
  async judge(batch: Batch, owners: Float64Array, tally: Tally): Promise<void> {
    if (this.#identity === null) return;
    try {
      await this.#judge(this.#identity, batch, owners, tally);
    } catch (thrown) {
      this.#context.signal.throwIfAborted();
      tally.count("shadow-failed");
      this.#rest(thrown);
    }
  }

  async #judge(identity: LaneIdentity, batch: Batch, owners: Float64Array, tally: Tally): Promise<void> {
    await identity.prepare?.(batch, this.#context.signal);
    const said = await this.#ask(identity, batch, owners);
    said.forEach((shadow, i) => {
      const own = batch.offset(i);
      const owner = owners[i] ?? Number.NaN;
      const isNew = shadow === own || shadow === "pass";
      // The copy before it is unknown to the shadow.
      if (isNew && owner < this.#since) return;
      if (isNew === (owner === own) && !isError(shadow)) {
        tally.count("shadow-agreement");
        return;
      }
      tally.count("shadow-disagreement");
      this.#show(own, owner, shadow);
    });
  }

  /** What the shadow says of the records that are to be judged, by index. Sparse. */
  async #ask(identity: LaneIdentity, batch: Batch, owners: Float64Array): Promise<Said[]> {
    const columns = this.#columns;
    const said: Said[] = [];
    const entries: number[] = [];
    columns.reset(batch.length);
    for (let i = 0; i < batch.length; i++) {
      columns.writer.reset();
      const verdict = identity.identify(batch, i, columns.writer);
      if (Number.isNaN(owners[i])) continue;
      if (verdict === "change" || verdict === "snapshot") entries[i] = columns.add(batch.offset(i));
      else said[i] = verdict instanceof Error ? `${UNIDENTIFIED}${verdict.message}` : verdict;
    }
    const coordinates = await this.#claim(batch);
    entries.forEach((entry, i) => (said[i] = coordinates[entry] ?? batch.offset(i)));
    return said;
  }

  async #claim(batch: Batch): Promise<Float64Array> {
    const { lane, signal } = this.#context;
    try {
      return (await this.#store.claim(lane, this.#columns, signal)).coordinates;
    } catch (thrown) {
      if (!(thrown instanceof TandemError && thrown.code === "STORE_FULL")) throw thrown;
      this.#store = this.#newStore();
      this.#since = batch.offset(0);
      return (await this.#store.claim(lane, this.#columns, signal)).coordinates;
    }
  }

  #newStore(): MemoryStore {
    return memoryStore({ maxClaims: MOST_CLAIMS, clock: this.#clock });
  }

  #show(own: number, owner: number, shadow: Said): void {
    const now = this.#clock.now();
    if (now - this.#minute >= MINUTE_MS) [this.#minute, this.#samples] = [now, 0];
    if (this.#samples++ >= SAMPLES) return;
    this.#context.note(
      `shadow "${this.#strategy.name}" disagrees at ${own}: it says ${worded(shadow, own)}, where dedup.identity says ${worded(owner, own)}`,
    );
  }

  #rest(thrown: unknown): void {
    this.#identity = null;
    this.#context.note(
      `shadow "${this.#strategy.name}" failed and rests until the lane starts again: ${asError(thrown).message}`,
    );
  }
}

const UNIDENTIFIED = "that it cannot be identified: ";

function isError(said: Said): boolean {
  return typeof said === "string" && said.startsWith(UNIDENTIFIED);
}

function worded(said: Said, own: number): string {
  if (typeof said === "string") return said;
  return said === own ? "new" : `a copy of ${said}`;
}
