import type { Identified, IdentityWriter, LaneContext } from "@tandem-cdc/core";
import type { ChangeEvent } from "../change-event.ts";
import type { Row } from "../connectors/connector.ts";
import { contentHash, type NamedGtid, positionOf } from "./event.ts";

/** Changes of the current transaction that are looked at for ambiguity. */
const WATCHED = 100_000;

/**
 * Without known sources: content within the transaction, `(gtid, table, op, key, before, after)`. Equal changes
 * of one row, or of equal keyless rows, within one transaction cannot be told from copies: they are counted as
 * `ambiguous` where the binlog position shows them to be two.
 */
export class BinlogContent {
  readonly #context: LaneContext;
  readonly #bucketWidth: number;
  #gtid = "";
  /** By content: where it was seen, as binlog name and place. */
  readonly #places = new Map<number, string>();

  constructor(context: LaneContext, bucketWidth: number) {
    this.#context = context;
    this.#bucketWidth = bucketWidth;
  }

  identify(event: ChangeEvent, { gtid, name }: NamedGtid, { key, op }: Row, into: IdentityWriter): Identified {
    into.bytes(event.before, "before");
    into.bytes(event.after, "after");
    into.bucket = Math.floor(gtid.sequence / this.#bucketWidth);
    this.#watch(name, event, op, contentHash(event, op, key));
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
