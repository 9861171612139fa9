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
import type { BinlogPosition } from "./marks.ts";
import { Recount, SourceTrack } from "./source-track.ts";

/** A streamed change, by what it is counted: its `row` is a hash of table, operation and key. */
export interface Streamed {
  readonly source: string;
  readonly gtid: string;
  readonly position: BinlogPosition;
  readonly row: number;
}

/**
 * MariaDB with known sources: `(gtid, table, op, key)` and an occurrence number counted per source within the
 * transaction; `before` and `after` are the fingerprint. A source's own re-deliveries are recognised by its marks.
 */
export class MariaDbSources {
  readonly #context: LaneContext;
  readonly #bucketWidth: number;
  readonly #tracks = new Map<string, SourceTrack>();

  constructor(context: LaneContext, bucketWidth: number, state: JsonValue | undefined) {
    this.#context = context;
    this.#bucketWidth = bucketWidth;
    for (const [source, json] of Object.entries(isJsonObject(state) ? state : {}))
      this.#tracks.set(source, SourceTrack.fromJson(json));
  }

  /** Re-reads the open transactions to count them anew. `streamedAt` gives null for what is no streamed change. */
  async restore(streamedAt: (batch: Batch, i: number) => Streamed | null): Promise<void> {
    for (const [source, track] of this.#tracks) {
      const { open } = track;
      if (open === null) continue;
      if (open.first < this.#context.logStart) track.forgetBeginning(open.gtid);
      const recount = new Recount(track);
      for await (const batch of this.#context.replay(open.first, open.last + 1))
        for (let i = 0; i < batch.length; i++) {
          const found = streamedAt(batch, i);
          if (found?.source === source) recount.see(found.gtid, found.position, found.row);
        }
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
    if (track === undefined) this.#tracks.set(source, (track = new SourceTrack()));
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

  /**
   * A transaction whose beginning is unseen from one source is unaligned for all: the numbers that this source gave
   * may stand in claims that the others' changes meet.
   */
  #isUnaligned(gtid: string): boolean {
    for (const track of this.#tracks.values()) if (track.unaligned.has(gtid)) return true;
    return false;
  }
}
