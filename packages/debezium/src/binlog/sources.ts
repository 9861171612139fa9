import {
  type Batch,
  type Identified,
  type IdentityWriter,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LaneContext,
  laneId,
  TandemError,
} from "@tandem-cdc/core";
import type { ChangeEvent } from "../change-event.ts";
import type { Row } from "../connectors/connector.ts";
import type { SourcesOptions } from "../sources.ts";
import { contentHash, type NamedGtid, positionOf, rowHash } from "./event.ts";
import { Recount, SourceTrack, type Streamed } from "./source-track.ts";

/** Coordinates of the lane, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface BinlogSourcesOptions {
  readonly bucketWidth: number;
  readonly repointed: SourcesOptions["repointed"];
  /** How long claims are kept. */
  readonly horizonMs: number | undefined;
  /** Whether the rows of a transaction may share one position, as MySQL's compressed transactions do. */
  readonly payloads: boolean;
}

/** Reads records of the lane again: what they are, null for what is no streamed change. */
export interface Rereading {
  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined;
  streamed(batch: Batch, i: number): Streamed | null;
}

/**
 * With known sources: `(gtid, table, op, key)` and an occurrence number counted per source within the
 * transaction; `before` and `after` are the fingerprint. A source's own re-deliveries are recognised by its marks.
 */
export class BinlogSources {
  readonly #context: LaneContext;
  readonly #options: BinlogSourcesOptions;
  readonly #tracks = new Map<string, SourceTrack>();

  constructor(context: LaneContext, options: BinlogSourcesOptions, state: JsonValue | undefined) {
    this.#context = context;
    this.#options = options;
    for (const [source, json] of Object.entries(isJsonObject(state) ? state : {}))
      this.#tracks.set(source, SourceTrack.fromJson(json));
  }

  /** Re-reads the open transactions to count them anew. */
  async restore(rereading: Rereading): Promise<void> {
    const { logStart } = this.#context;
    const recounts = new Map<string, Recount>();
    const ranges: Range[] = [];
    for (const [source, track] of this.#tracks) {
      const { open } = track;
      if (open === null) continue;
      if (open.first < logStart) track.forgetBeginning(open.gtid);
      recounts.set(source, new Recount(track));
      ranges.push({ from: Math.max(open.first, logStart), to: open.last + 1 });
    }
    await this.#readOnce(union(ranges), rereading, (batch, i) => {
      const found = rereading.streamed(batch, i);
      if (found === null) return;
      const offset = batch.offset(i);
      recounts.get(found.source)?.see(found, offset);
      this.#age(this.#tracks.get(found.source), offset, batch.timestamp(i));
    });
  }

  /** Claims of what is older than the horizon are gone: a transaction that rests so long has lost its beginning. */
  #age(track: SourceTrack | undefined, offset: number, timestamp: number): void {
    const { horizonMs = Infinity } = this.#options;
    const { lastTimestamp } = this.#context;
    const open = track?.open ?? null;
    if (lastTimestamp === null || open === null || offset !== open.last) return;
    if (timestamp < lastTimestamp - horizonMs) track?.forgetBeginning(open.gtid);
  }

  async #readOnce(
    ranges: readonly Range[],
    rereading: Rereading,
    see: (batch: Batch, i: number) => void,
  ): Promise<void> {
    const of = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    let before = 0;
    for (const { from, to } of ranges) {
      for await (const batch of this.#context.replay(from, to)) {
        if (batch.length === 0) continue;
        await rereading.prepare(batch, this.#context.signal);
        for (let i = 0; i < batch.length; i++) see(batch, i);
        this.#context.restoring(before + batch.offset(batch.length - 1) + 1 - from, of);
      }
      before += to - from;
    }
  }

  identify(event: ChangeEvent, { gtid, name }: NamedGtid, row: Row, source: string, into: IdentityWriter): Identified {
    const { key, offset, op } = row;
    const position = positionOf(event, op);
    const content = this.#options.payloads ? contentHash(event, op, key) : undefined;
    let track = this.#tracks.get(source);
    if (track === undefined) this.#tracks.set(source, (track = new SourceTrack()));
    let judgement = track.see(gtid, name, position, offset, content);
    if (judgement.kind === "repointed" && this.#options.repointed === "new-source") {
      this.#context.report("source-repointed", 1);
      this.#context.note(
        `source "${source}" was re-pointed or its replica reset at offset ${offset}: ${judgement.why}. It is a new source from there on (dedup.sources.repointed: new-source)`,
      );
      this.#tracks.set(source, (track = track.anew()));
      judgement = track.see(gtid, name, position, offset, content);
    }
    if (judgement.kind === "redelivery") {
      // In a transaction of shared positions it may as well be an equal change.
      if (track.payload.isShared) this.#context.report("ambiguous", 1);
      return "redelivery";
    }
    if (judgement.kind === "repointed")
      throw new TandemError(
        "LANE_SOURCE_REPOINTED",
        `lane ${laneId(this.#context.lane)}@${offset}: source "${source}" was re-pointed or its replica reset: ${judgement.why}. ` +
          "A connector that reads another replica, or a replica set up anew, needs a new source name: change its static header and restart it. " +
          "What it has sent under its old name stays in the log: dedup.sources.repointed: new-source takes it for a new source from there on.",
      );
    if (judgement.disorder) {
      this.#context.report("gtid-order-violation", 1);
      into.position = track.highest(gtid.domain);
    }
    into.number(track.occurrences.next(rowHash(event, op, key)), "occurrence");
    into.content(event.before, "before");
    into.content(event.after, "after");
    into.bucket = Math.floor(gtid.sequence / this.#options.bucketWidth);
    into.aligned = !this.#isUnaligned(name);
    return "change";
  }

  state(): JsonObject {
    return Object.fromEntries([...this.#tracks].map(([source, track]) => [source, track.toJson()]));
  }

  /**
   * A transaction whose beginning is unseen from one source is unaligned for all: the numbers that this source gave
   * may stand in claims that the others' changes meet.
   */
  #isUnaligned(gtid: string): boolean {
    for (const track of this.#tracks.values()) if (track.unaligned.has(gtid)) return true;
    return false;
  }
}

/** The coordinates that lie in any of the ranges, in order and each once. */
function union(ranges: readonly Range[]): Range[] {
  const united: Range[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from >= to) continue;
    const last = united.at(-1);
    if (last === undefined || from > last.to) united.push({ from, to });
    else united[united.length - 1] = { from: last.from, to: Math.max(last.to, to) };
  }
  return united;
}
