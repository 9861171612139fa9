import type { Identified, IdentityWriter, LaneContext } from "@tandem-cdc/core";
import type { ChangeEvent } from "./change-event.ts";
import { type NamedGtid, positionOf, rowHash } from "./mariadb-event.ts";
import { hashBytes } from "./occurrences.ts";

/** Changes of the current transaction that are looked at for ambiguity. */
const WATCHED = 100_000;

/**
 * MariaDB without known sources: content within the transaction, `(gtid, table, op, key, before, after)`. Equal changes
 * of one row, or of equal keyless rows, within one transaction cannot be told from copies: they are counted as
 * `ambiguous` where the binlog position shows them to be two.
 */
export class MariaDbContent {
  readonly #context: LaneContext;
  readonly #bucketWidth: number;
  #gtid = "";
  /** By content: where it was seen, as binlog name and place. */
  readonly #places = new Map<number, string>();

  constructor(context: LaneContext, bucketWidth: number) {
    this.#context = context;
    this.#bucketWidth = bucketWidth;
  }

  identify(
    event: ChangeEvent,
    { gtid, name }: NamedGtid,
    op: string,
    key: Uint8Array | null,
    into: IdentityWriter,
  ): Identified {
    const { after, before } = event;
    into.bytes(before);
    into.bytes(after);
    into.bucket = Math.floor(gtid.sequence / this.#bucketWidth);
    this.#watch(name, event, op, hashBytes(hashBytes(rowHash(event, op, key), before), after));
    return "change";
  }

  #watch(gtid: string, event: ChangeEvent, op: string, content: number): void {
    if (gtid !== this.#gtid) {
      this.#gtid = gtid;
      this.#places.clear();
    }
    if (this.#places.size >= WATCHED) return;
    const { base, file, pos, row } = positionOf(event, op);
    const replica = `${base}.${file}/`;
    const place = `${replica}${pos}/${row}`;
    const seen = this.#places.get(content);
    if (seen === undefined) this.#places.set(content, place);
    else if (seen !== place && seen.startsWith(replica)) this.#context.report("ambiguous", 1);
  }
}
