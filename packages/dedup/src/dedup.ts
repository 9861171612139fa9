import {
  type Clock,
  type HashStrategy,
  type IdentityStrategy,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type KeyStore,
  type LaneContext,
  type LaneId,
  laneId,
  OutcomesBuilder,
  type Owners,
  systemClock,
  type Transform,
} from "@tandem-cdc/core";
import { claimPatiently, type RetryOptions } from "./claiming.ts";
import { Columns } from "./columns.ts";
import { decide, type LateFate, onceEach, type Rules, type Telling } from "./decide.ts";
import { loadHash } from "./hash.ts";
import { from, identifyAgain, pastBegins, timeOf } from "./identify-again.ts";
import { type Identification, identify, type Identifying } from "./identification.ts";
import { Keys } from "./keys.ts";
import { LowBoundary } from "./low-boundary.ts";
import { aged } from "./memory-store.ts";
import { Past, type RebuildOptions } from "./past.ts";
import { RowRule, type Snapshots } from "./row-rule.ts";
import { Shadow } from "./shadow.ts";
import { Tally } from "./tally.ts";

export interface DedupOptions {
  readonly identity: IdentityStrategy;
  readonly keyStore: KeyStore;
  /** Default: xxh128. Others by `await loadHash(name)`. */
  readonly hash?: HashStrategy;
  /** `regenerate` (default): each emitted delete is followed by a tombstone, the input's own are consumed. `drop`: none. */
  readonly tombstones?: "regenerate" | "drop";
  /**
   * Rows of initial snapshots. `until-streaming` (default): until the lane has emitted its first streamed change; a later
   * snapshot would take consumers back in time. `emit`: all, each once. `drop`: none.
   */
  readonly snapshots?: Snapshots;
  /**
   * How long the key store keeps claims at least. From it follows what is late besides what lies before the lane's first
   * change, and how much of the past is read at a deliberate replay (without it: all of the log before).
   */
  readonly horizonMs?: number;
  /**
   * A change that nobody has claimed, and that lies before the first one that the lane emitted, or not above what it had
   * emitted one horizon ago. `dead-letter` (default): to `lateTopic`. `drop`. `emit`: goes on. `fail`: stops the pipeline.
   */
  readonly late?: LateFate;
  /** Default: `<pipeline>.late`. */
  readonly lateTopic?: string;
  /** Copies that differ in content from the first: with a topic they go there, without they are dropped. Both are counted. */
  readonly divergence?: { readonly topic?: string };
  /** A second identity that is computed and compared, but decides nothing. */
  readonly shadow?: IdentityStrategy;
  /** Stage name. Default `dedup`. */
  readonly name?: string;
  readonly retry?: RetryOptions;
  readonly clock?: Clock;
  /**
   * For a store that forgets: claims are a function of the log, so a lane that starts first reads this much of its past
   * again and claims, without emitting. Makes the memory store durable, for those whose horizon fits.
   */
  readonly rebuild?: RebuildOptions;
}

interface OpenLane extends Identifying, Rules {
  readonly rows: RowRule;
  readonly shadow: Shadow | null;
  readonly note: Telling["note"];
}

/**
 * Emits each change once: a record goes on if and only if it owns its key. A claim is put-if-absent that returns the
 * owner, so a record that is read again after a crash finds itself the owner and is emitted after all.
 *
 * A failed `apply` leaves the lane's identification half way: the lane has to be opened again, as the runtime does.
 */
export function dedup(options: DedupOptions): Transform {
  const { horizonMs, keyStore, name = "dedup", clock = systemClock, retry = {} } = options;
  const { late = "dead-letter", snapshots = "until-streaming", tombstones = "regenerate" } = options;
  if (horizonMs !== undefined && !(horizonMs > 0))
    throw new TypeError(`dedup: horizonMs has to be above 0, not ${horizonMs}`);
  const lanes = new Map<LaneId, OpenLane>();
  const past = options.rebuild === undefined ? null : new Past(options.rebuild, keyStore, clock);
  const claim = async ({ columns }: Identifying, { lane, signal }: LaneContext, ageMs = 0): Promise<Owners> =>
    columns.length === 0 ? NOBODY : claimPatiently(aged(keyStore, ageMs), lane, columns, signal, clock, retry);

  /** What the identity remembers where the lane starts. Of a replay that is not known: the past is identified again. */
  async function remembered(
    context: LaneContext,
    state: JsonValue | undefined,
    strategy: IdentityStrategy,
    { boundary, columns, rows }: Omit<Identifying, "identity"> & { readonly boundary: LowBoundary },
  ): Promise<JsonValue | undefined> {
    if (!context.replaying) return state;
    const startsAt = await timeOf(context, context.lastTimestamp ?? clock.now());
    const begin = await pastBegins(context, startsAt, horizonMs ?? options.rebuild?.horizonMs);
    if (begin >= context.startOffset) return undefined;
    return identifyAgain(context, strategy, begin, undefined, (batch, identity) => {
      for (const part of identify(batch, { identity, columns, rows })) boundary.passed(part);
    });
  }

  return {
    name,
    async openLane(context) {
      const { lane, pipeline, startOffset } = context;
      const state: JsonObject = isJsonObject(context.state) ? context.state : {};
      const strategy = options.identity.forTopic?.(lane.topic) ?? options.identity;
      const hash = options.hash ?? (await loadHash());
      const columns = new Columns(hash, [strategy.name, strategy.version, pipeline, lane.topic]);
      const rows = RowRule.of(snapshots, state, context);
      const boundary = LowBoundary.of(state["late"], horizonMs, startOffset);
      await past?.claimAgain(context, strategy, hash.name, async (batch, identity, ageMs) => {
        const earlier = { identity, columns, rows: rows.ofPast() };
        for (const _ of identify(batch, earlier)) await claim(earlier, context, ageMs);
      });
      const known = await remembered(context, state["identity"], strategy, { boundary, columns, rows });
      const opening = context.replaying ? from(context, startOffset) : context;
      lanes.set(laneId(lane), {
        identity: await strategy.openLane(opening, known),
        columns,
        rows,
        boundary,
        late,
        lateTopic: options.lateTopic ?? `${pipeline}.late`,
        divergenceTopic: options.divergence?.topic ?? null,
        tombstones,
        shadow: options.shadow === undefined ? null : await Shadow.open(options.shadow, context, hash, clock),
        note: onceEach(context),
      });
    },
    async apply(batch, context) {
      const lane = lanes.get(laneId(context.lane));
      if (lane === undefined) throw new TypeError(`${name}: lane ${laneId(context.lane)} is not open`);
      const { boundary, identity, note, shadow } = lane;
      const outcomes = new OutcomesBuilder(name, batch);
      const tally = new Tally();
      const judged = shadow === null ? null : new Float64Array(batch.length).fill(Number.NaN);
      const preparing = identity.prepare?.(batch, context.signal);
      if (preparing !== undefined) await preparing;
      boundary.now = clock.now();
      const keys = new Keys(lane.columns);
      for (const part of identify(batch, lane)) {
        const owners = await claim(lane, context);
        decide(batch, lane, part, owners, outcomes, { tally, note });
        keys.of(part, part.to === batch.length);
        if (judged !== null) ownersOf(part, owners, judged);
      }
      if (batch.length > 0) boundary.settle(batch.offset(batch.length - 1) + 1);
      if (judged !== null) await shadow?.judge(batch, judged, tally);
      past?.claimed(context, batch, identity.state());
      tally.report(context);
      context.state = stateOf(lane);
      return { ...outcomes.done(), keyOf: (i) => keys.at(i) };
    },
    closeLane(context) {
      lanes.delete(laneId(context.lane));
      past?.closed(context);
      keyStore.release?.(context.lane);
    },
    async close() {
      await past?.settled();
      await keyStore.close();
    },
  };
}

const NOBODY: Owners = { coordinates: new Float64Array(0), fingerprints: new Uint32Array(0) };

function stateOf({ boundary, identity, rows }: OpenLane): JsonValue {
  const state = identity.state();
  return { ...(state === undefined ? {} : { identity: state }), ...rows.state(), ...boundary.state() };
}

/** Who owns each record of the part that made a claim; not where an unaligned transaction leaves that in doubt. */
function ownersOf({ aligned, entry, from: begin, to }: Identification, owners: Owners, into: Float64Array): void {
  for (let i = begin; i < to; i++)
    if (aligned[i] === 1 && (entry[i] ?? -1) >= 0) into[i] = owners.coordinates[entry[i] ?? 0] ?? Number.NaN;
}
