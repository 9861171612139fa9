import {
  type Batch,
  type Clock,
  type HashStrategy,
  type Identified,
  type IdentityStrategy,
  isJsonObject,
  type JsonValue,
  type KeyStore,
  type LaneContext,
  type LaneId,
  laneId,
  type LaneIdentity,
  type Outcomes,
  OutcomesBuilder,
  type Owners,
  systemClock,
  type Transform,
} from "@tandem-cdc/core";
import { claimPatiently, type RetryOptions } from "./claiming.ts";
import { Columns } from "./columns.ts";
import { loadHash } from "./hash.ts";
import { Past, type RebuildOptions } from "./past.ts";
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
  readonly snapshots?: "until-streaming" | "emit" | "drop";
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

/** One lane, from `openLane` to `closeLane`. */
interface DedupLane {
  readonly identity: LaneIdentity;
  readonly columns: Columns;
  /** Coordinate of the first streamed change that the lane emitted. */
  streamedFrom: number | null;
}

/** What a batch's records are, before the store is asked: `entry[i]` is the claim that record i goes by, or -1. */
interface Identification {
  readonly verdicts: readonly Identified[];
  readonly entry: Int32Array;
  readonly fingerprint: Uint32Array;
  readonly aligned: Uint8Array;
  readonly deletes: Uint8Array;
  readonly source: readonly (string | undefined)[];
}

/**
 * Emits each change once: a record goes on if and only if it owns its key. A claim is put-if-absent that returns the
 * owner, so a record that is read again after a crash finds itself the owner and is emitted after all.
 *
 * A failed `apply` leaves the lane's identification half way: the lane has to be opened again, as the runtime does.
 */
export function dedup(options: DedupOptions): Transform {
  const { identity, keyStore, name = "dedup", clock = systemClock, retry = {} } = options;
  const lanes = new Map<LaneId, DedupLane>();
  const past = options.rebuild === undefined ? null : new Past(options.rebuild, identity, keyStore, clock);
  const claim = async ({ columns }: DedupLane, { lane, signal }: LaneContext): Promise<Owners> =>
    columns.length === 0 ? NOBODY : claimPatiently(keyStore, lane, columns, signal, clock, retry);
  return {
    name,
    async openLane(context) {
      const state = isJsonObject(context.state) ? context.state : {};
      const { streamedFrom } = state;
      const hash = options.hash ?? (await loadHash());
      const columns = new Columns(hash, [identity.name, identity.version, context.pipeline, context.lane.topic]);
      await past?.claimAgain(context, hash.name, async (batch, earlier) => {
        const lane = { identity: earlier, columns, streamedFrom: null };
        identify(batch, lane);
        await claim(lane, context);
      });
      lanes.set(laneId(context.lane), {
        identity: await identity.openLane(context, state["identity"]),
        columns,
        streamedFrom: typeof streamedFrom === "number" ? streamedFrom : null,
      });
    },
    async apply(batch, context) {
      const lane = lanes.get(laneId(context.lane));
      if (lane === undefined) throw new TypeError(`${name}: lane ${laneId(context.lane)} is not open`);
      const identified = identify(batch, lane);
      const owners = await claim(lane, context);
      past?.claimed(context, batch, lane.identity.state());
      const outcomes = decide(batch, lane, identified, owners, options, context);
      context.state = stateOf(lane);
      return outcomes;
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

function stateOf({ identity, streamedFrom }: DedupLane): JsonValue {
  const state = identity.state();
  return { ...(state === undefined ? {} : { identity: state }), ...(streamedFrom === null ? {} : { streamedFrom }) };
}

/** Identifies every record in order. The first occurrence of a key in the batch stands for all of them. */
function identify(batch: Batch, { identity, columns }: DedupLane): Identification {
  const { length } = batch;
  const made = {
    verdicts: [] as Identified[],
    entry: new Int32Array(length).fill(-1),
    fingerprint: new Uint32Array(length),
    aligned: new Uint8Array(length),
    deletes: new Uint8Array(length),
    source: [] as (string | undefined)[],
  };
  const { writer } = columns;
  columns.reset(length);
  for (let i = 0; i < length; i++) {
    writer.reset();
    const verdict = identity.identify(batch, i, writer);
    made.verdicts.push(verdict);
    made.source.push(writer.source);
    if (verdict !== "change" && verdict !== "snapshot") continue;
    made.entry[i] = columns.add(batch.offset(i));
    made.fingerprint[i] = columns.fingerprint;
    made.aligned[i] = writer.aligned ? 1 : 0;
    made.deletes[i] = writer.deletes ? 1 : 0;
  }
  return made;
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
  lane: DedupLane,
  identified: Identification,
  owners: Owners,
  { name = "dedup", snapshots = "until-streaming", tombstones = "regenerate" }: DedupOptions,
  context: LaneContext,
): Outcomes {
  const outcomes = new OutcomesBuilder(name, batch);
  const tally = new Tally();
  for (let i = 0; i < batch.length; i++) {
    const verdict = identified.verdicts[i];
    const source = identified.source[i];
    const own = batch.offset(i);
    if (verdict === undefined || verdict instanceof Error) {
      outcomes.reject(i, verdict ?? new Error("the record was not identified"));
      continue;
    }
    if (verdict === "tombstone" || verdict === "redelivery") {
      outcomes.drop(i, verdict);
      tally.count(verdict, source);
      continue;
    }
    const fate = fateOf(i, own, identified, owners);
    if (fate === "duplicate" || fate === "divergence") {
      outcomes.drop(i, "duplicate");
      tally.count("duplicate", source);
      if (fate === "divergence") tally.count("divergence");
      continue;
    }
    if (verdict === "snapshot" && snapshots !== "emit") {
      const late = snapshots === "until-streaming" && lane.streamedFrom !== null && own > lane.streamedFrom;
      if (late || snapshots === "drop") {
        outcomes.drop(i, late ? "late-snapshot" : "snapshot");
        if (late) tally.count("late-snapshot");
        continue;
      }
    }
    if (verdict === "change") lane.streamedFrom ??= own;
    if (fate === "possible-duplicate") tally.count("possible-duplicate");
    tally.count("first", source);
    if (identified.deletes[i] === 1 && tombstones === "regenerate") outcomes.replace(i, [{}, { value: null }]);
  }
  tally.report(context);
  return outcomes.done();
}
