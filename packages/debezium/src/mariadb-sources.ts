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
import type { ChangeEvent } from "./change-event.ts";
import { type NamedGtid, positionOf, rowHash } from "./mariadb-event.ts";
import { Recount, SourceTrack, type Streamed } from "./source-track.ts";

/** How a record tells which connector sent it. */
export interface SourcesOptions {
  /** The name of a static header. */
  readonly header: string;
  /** The sources to expect; another name is rejected. Default: any, up to 64 on a lane. */
  readonly names?: readonly string[];
}

/** Sources of a lane, where any name will do: far more than there are, far fewer than a header of traces has values. */
const MOST_SOURCES = 64;

/** Coordinates of the lane, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * MariaDB with known sources: `(gtid, table, op, key)` and an occurrence number counted per source within the
 * transaction; `before` and `after` are the fingerprint. A source's own re-deliveries are recognised by its marks.
 */
export class MariaDbSources {
  readonly #context: LaneContext;
  readonly #bucketWidth: number;
  readonly #sources: SourcesOptions;
  readonly #tracks = new Map<string, SourceTrack>();

  constructor(context: LaneContext, bucketWidth: number, sources: SourcesOptions, state: JsonValue | undefined) {
    this.#context = context;
    this.#sources = sources;
    this.#bucketWidth = bucketWidth;
    for (const [source, json] of Object.entries(isJsonObject(state) ? state : {}))
      this.#tracks.set(source, SourceTrack.fromJson(json));
  }

  /** Re-reads the open transactions to count them anew. `streamedAt` gives null for what is no streamed change. */
  async restore(streamedAt: (batch: Batch, i: number) => Streamed | null): Promise<void> {
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
    await this.#readOnce(union(ranges), (batch, i) => {
      const found = streamedAt(batch, i);
      if (found !== null) recounts.get(found.source)?.see(found, batch.offset(i));
    });
  }

  async #readOnce(ranges: readonly Range[], see: (batch: Batch, i: number) => void): Promise<void> {
    const of = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    let before = 0;
    for (const { from, to } of ranges) {
      for await (const batch of this.#context.replay(from, to)) {
        if (batch.length === 0) continue;
        for (let i = 0; i < batch.length; i++) see(batch, i);
        this.#context.restoring(before + batch.offset(batch.length - 1) + 1 - from, of);
      }
      before += to - from;
    }
  }

  identify(
    event: ChangeEvent,
    { gtid, name }: NamedGtid,
    op: string,
    key: Uint8Array | null,
    offset: number,
    source: string,
    into: IdentityWriter,
  ): Identified {
    const position = positionOf(event, op);
    let track = this.#tracks.get(source);
    if (track === undefined) this.#tracks.set(source, (track = this.#newTrack(source, offset)));
    const judgement = track.see(gtid, name, position, offset);
    if (judgement.kind === "redelivery") return "redelivery";
    if (judgement.kind === "repointed")
      throw new TandemError(
        "LANE_SOURCE_REPOINTED",
        `lane ${laneId(this.#context.lane)}@${offset}: source "${source}" was re-pointed or its replica reset: ${judgement.why}. ` +
          "A connector that reads another replica, or a replica set up anew, needs a new source name: change its static header and restart it.",
      );
    if (judgement.disorder) this.#context.report("gtid-order-violation", 1);
    into.number(track.occurrences.next(rowHash(event, op, key)));
    into.content(event.before);
    into.content(event.after);
    into.bucket = Math.floor(gtid.sequence / this.#bucketWidth);
    into.aligned = !this.#isUnaligned(name);
    return "change";
  }

  state(): JsonObject {
    return Object.fromEntries([...this.#tracks].map(([source, track]) => [source, track.toJson()]));
  }

  #newTrack(source: string, offset: number): SourceTrack {
    const { header, names } = this.#sources;
    // Names that are listed are as many as they are. Without a list each new one would stay in the lane's state for good.
    if (names === undefined && this.#tracks.size >= MOST_SOURCES)
      throw new TandemError(
        "CONFIG_INVALID",
        `lane ${laneId(this.#context.lane)}@${offset}: header "${header}" has named ${MOST_SOURCES} sources already, and now "${source.slice(0, 60)}": ` +
          "it has to name the connector, with one value for all that it sends, as a static InsertHeader does. " +
          "Mend dedup.sources.header where it names something else, and list the connectors in dedup.sources.names, which has no such limit.",
      );
    return new SourceTrack();
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
