import {
  type Batch,
  type Clock,
  type HashStrategy,
  type IdentityStrategy,
  isJsonObject,
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
import { loadHash } from "./hash.ts";
import { type Identification, identify, type Identifying } from "./identification.ts";
import { aged } from "./memory-store.ts";
import { Past, type RebuildOptions } from "./past.ts";
import { RowRule, type Snapshots } from "./row-rule.ts";
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

/**
 * Emits each change once: a record goes on if and only if it owns its key. A claim is put-if-absent that returns the
 * owner, so a record that is read again after a crash finds itself the owner and is emitted after all.
 *
 * A failed `apply` leaves the lane's identification half way: the lane has to be opened again, as the runtime does.
 */
export function dedup(options: DedupOptions): Transform {
  const { identity, keyStore, name = "dedup", clock = systemClock, retry = {} } = options;
  const { snapshots = "until-streaming", tombstones = "regenerate" } = options;
  const lanes = new Map<LaneId, Identifying>();
  const past = options.rebuild === undefined ? null : new Past(options.rebuild, identity, keyStore, clock);
  const claim = async ({ columns }: Identifying, { lane, signal }: LaneContext, ageMs = 0): Promise<Owners> =>
    columns.length === 0 ? NOBODY : claimPatiently(aged(keyStore, ageMs), lane, columns, signal, clock, retry);
  return {
    name,
    async openLane(context) {
      const state = isJsonObject(context.state) ? context.state : {};
      const rows = RowRule.of(snapshots, state, context.startOffset);
      const hash = options.hash ?? (await loadHash());
      const columns = new Columns(hash, [identity.name, identity.version, context.pipeline, context.lane.topic]);
      await past?.claimAgain(context, hash.name, async (batch, earlier, ageMs) => {
        const lane = { identity: earlier, columns, rows: rows.ofPast() };
        for (const _ of identify(batch, lane)) await claim(lane, context, ageMs);
      });
      lanes.set(laneId(context.lane), {
        identity: await identity.openLane(context, state["identity"]),
        columns,
        rows,
      });
    },
    async apply(batch, context) {
      const lane = lanes.get(laneId(context.lane));
      if (lane === undefined) throw new TypeError(`${name}: lane ${laneId(context.lane)} is not open`);
      const outcomes = new OutcomesBuilder(name, batch);
      const tally = new Tally();
      for (const part of identify(batch, lane))
        decide(batch, lane.rows, part, await claim(lane, context), tombstones, outcomes, tally);
      past?.claimed(context, batch, lane.identity.state());
      tally.report(context);
      context.state = stateOf(lane);
      return outcomes.done();
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

function stateOf({ identity, rows }: Identifying): JsonValue {
  const state = identity.state();
  return { ...(state === undefined ? {} : { identity: state }), ...rows.state() };
}

type Fate = "emit" | "duplicate" | "possible-duplicate" | "divergence";

/** The owner rule. A duplicate that cannot be trusted to be one (unaligned, other content) is emitted: nothing is lost. */
function fateOf(i: number, own: number, { aligned, entry, fingerprint }: Identification, owners: Owners): Fate {
  const e = entry[i] ?? 0;
  if ((owners.coordinates[e] ?? -1) >= own) return "emit";
  if (fingerprint[i] === owners.fingerprints[e]) return "duplicate";
  return aligned[i] === 1 ? "divergence" : "possible-duplicate";
}

function decide(
  batch: Batch,
  rows: RowRule,
  identified: Identification,
  owners: Owners,
  tombstones: "regenerate" | "drop",
  outcomes: OutcomesBuilder,
  tally: Tally,
): void {
  for (let i = identified.from; i < identified.to; i++) {
    const verdict = identified.verdicts[i];
    const source = identified.source[i];
    const own = batch.offset(i);
    if (verdict === undefined || verdict instanceof Error) {
      outcomes.reject(i, verdict ?? new Error("the record was not identified"));
      continue;
    }
    if (verdict === "pass") continue;
    if (verdict === "tombstone" || verdict === "redelivery" || verdict === "ignored") {
      outcomes.drop(i, verdict);
      tally.count(verdict, source);
      continue;
    }
    if (identified.entry[i] === -1) {
      outcomes.drop(i, rows.reason);
      if (rows.reason === "late-snapshot") tally.count("late-snapshot");
      continue;
    }
    const fate = fateOf(i, own, identified, owners);
    if (fate === "duplicate" || fate === "divergence") {
      outcomes.drop(i, "duplicate");
      tally.count("duplicate", source);
      if (fate === "divergence") tally.count("divergence");
      continue;
    }
    if (verdict === "change") rows.streamed(own);
    if (fate === "possible-duplicate") tally.count("possible-duplicate");
    tally.count("first", source);
    if (identified.deletes[i] === 1 && tombstones === "regenerate") outcomes.replace(i, [{}, { value: null }]);
  }
}
