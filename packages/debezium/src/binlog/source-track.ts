import { isJsonObject, type JsonObject, type JsonValue } from "@tandem-cdc/core";
import type { Gtid } from "./gtid.ts";
import { Occurrences } from "../occurrences.ts";
import {
  advance,
  type BinlogPosition,
  comparePositions,
  judge,
  type Judgement,
  type Mark,
  NEW,
  unwrapped,
} from "./marks.ts";
import { Payload } from "./payload.ts";

/** The transaction that a source is in the middle of, and the coordinates of its first and last record on the lane. */
export interface OpenTransaction {
  readonly gtid: string;
  readonly file: number;
  readonly first: number;
  last: number;
}

/**
 * A streamed change, by what it is counted: its `row` is a hash of table, operation and key. `content`, of all that it
 * says, is given where the rows of a transaction may share one position.
 */
export interface Streamed {
  readonly source: string;
  readonly gtid: string;
  readonly position: BinlogPosition;
  readonly row: number;
  readonly content: number | undefined;
}

/** GTIDs remembered as unaligned, per source. */
const UNALIGNED = 16;

/** What a lane remembers of one source. */
export class SourceTrack {
  readonly #marks = new Map<string, Mark>();
  /** Transactions whose beginning was not seen from this source. */
  readonly unaligned: Set<string> = new Set();
  readonly occurrences: Occurrences = new Occurrences();
  readonly payload: Payload = new Payload();
  open: OpenTransaction | null = null;

  /** What the record is to this source; moves the marks when it is new. */
  see(gtid: Gtid, name: string, at: BinlogPosition, offset: number, content?: number): Judgement {
    const mark = this.#marks.get(gtid.domain);
    const isOpen = this.open?.gtid === name;
    // A transaction lies in one file. Asked first: in a lower file it would pass for a re-delivery.
    if (isOpen && this.open?.file !== at.file)
      return { kind: "repointed", why: `transaction ${name} goes on in another binlog file` };
    const position = isOpen && mark !== undefined ? unwrapped(at, mark.position) : at;
    const judgement = mark === undefined ? NEW : judge(mark, gtid, position);
    if (judgement.kind === "redelivery" && isOpen && content !== undefined && this.payload.isNew(position, content)) {
      this.#enter(name, position, offset);
      return NEW;
    }
    if (judgement.kind !== "new") return judgement;
    if (content !== undefined) this.payload.note(position, content);
    if (mark === undefined) {
      this.#marks.set(gtid.domain, { sequence: gtid.sequence, position });
      this.forgetBeginning(name);
    } else advance(mark, gtid, position);
    this.#enter(name, position, offset);
    return judgement;
  }

  /** The beginning of this transaction is unseen: its occurrence numbers prove nothing. */
  forgetBeginning(gtid: string): void {
    this.unaligned.add(gtid);
    const [oldest] = this.unaligned;
    if (this.unaligned.size > UNALIGNED && oldest !== undefined) this.unaligned.delete(oldest);
  }

  #enter(gtid: string, position: BinlogPosition, offset: number): void {
    if (this.open?.gtid === gtid) {
      this.open.last = offset;
      return;
    }
    this.occurrences.clear();
    this.open = { gtid, file: position.file, first: offset, last: offset };
  }

  highest(domain: string): number {
    return this.#marks.get(domain)?.sequence ?? Number.NaN;
  }

  /** This source under the same name on another binlog: nothing that it sent before says what is a re-delivery now. */
  anew(): SourceTrack {
    const track = new SourceTrack();
    for (const gtid of this.unaligned) track.unaligned.add(gtid);
    return track;
  }

  toJson(): JsonObject {
    const marks: Record<string, JsonValue> = {};
    for (const [domain, { position: p, sequence }] of this.#marks)
      marks[domain] = [sequence, p.base, p.file, p.pos, p.row, p.rank];
    const { open, unaligned } = this;
    return {
      marks,
      ...(open === null ? {} : { open: [open.gtid, open.file, open.first, open.last] }),
      ...(unaligned.size === 0 ? {} : { unaligned: [...unaligned] }),
    };
  }

  static fromJson(json: JsonValue | undefined): SourceTrack {
    const track = new SourceTrack();
    if (!isJsonObject(json)) return track;
    const { marks, open, unaligned } = json;
    for (const [domain, mark] of Object.entries(isJsonObject(marks) ? marks : {})) {
      const [sequence, base, file, pos, row, rank] = mark as [number, string, number, number, number, number];
      track.#marks.set(domain, { sequence, position: { base, file, pos, row, rank } });
    }
    if (Array.isArray(open)) {
      const [gtid, file, first, last] = open as [string, number, number, number];
      track.open = { gtid, file, first, last };
    }
    if (Array.isArray(unaligned)) for (const gtid of unaligned) track.unaligned.add(String(gtid));
    return track;
  }
}

/** Counts a source's records of its open transaction anew; its re-deliveries inside of the range are passed over. */
export class Recount {
  readonly #track: SourceTrack;
  #highest: BinlogPosition | null = null;

  constructor(track: SourceTrack) {
    this.#track = track;
  }

  see({ content, gtid, position: at, row }: Streamed, offset: number): void {
    const { occurrences, open, payload } = this.#track;
    // An earlier part of the transaction, before another one came between, was counted on its own.
    if (gtid !== open?.gtid || offset < open.first || offset > open.last) return;
    const position = this.#highest === null ? at : unwrapped(at, this.#highest);
    if (this.#highest === null || comparePositions(position, this.#highest) > 0) {
      this.#highest = position;
      if (content !== undefined) payload.note(position, content);
    } else if (content === undefined || !payload.isNew(position, content)) return;
    occurrences.next(row);
  }
}
