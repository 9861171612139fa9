import type { Identified, IdentityWriter, JsonObject, JsonValue, LaneContext } from "@tandem-cdc/core";
import { isJsonObject } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { hashBytes } from "../occurrences.ts";
import { refuseMoreSources } from "../sources.ts";
import {
  bucketOf,
  type Connector,
  type ConnectorLane,
  type ConnectorOptions,
  may,
  need,
  type Row,
  rowContent,
  rowIdentity,
  SCHEMA_TABLE,
} from "./connector.ts";
import { EqualChanges } from "./equal-changes.ts";

const ADVICE = "the connector takes it from the write-ahead log of its slot";

/** Bytes of the log that hold some hundred changes of a lane. */
const BUCKET_BYTES = 64 * 1_024;

/**
 * PostgreSQL. The connectors have to read one server's log, each by a slot of its own: the same server, or a physical standby
 * of it, whose log is the same to the byte (a logical replica has its own). `(txId, lsn, table, op, key)` is then equal
 * on both and tells changes apart, but for the rows that a `COPY` writes to one page: they share an LSN. Those with a key
 * have that; those without are told apart by their order within the LSN, which takes known sources and transaction metadata
 * (`provide.transaction.metadata=true`): a connector that starts again goes on with the first row of an LSN, and
 * `total_order`, which may be too low from there on, tells that from one more row. Without them it is by content, and of
 * equal rows of one page the first comes out (counted as `ambiguous` where one source's records show them). A key by
 * `message.key.columns` has to be unique.
 *
 * There is no position: changes come in the order of commits, which LSNs are not in, and the end of the last commit before
 * (`sequence[0]`) is unknown to a connector's first transaction. What is late goes by the time of the commit (`ts_ms`).
 *
 * https://debezium.io/documentation/reference/stable/connectors/postgresql.html, "Data change events";
 * `SourceInfo.sequence`, `WalPositionLocator`; measured in `test/fixtures/README.md`.
 */
export const postgresql: Connector = {
  name: "postgresql",
  names: SCHEMA_TABLE,
  openLane: (context, options, state) => new PostgresLane(context, options, state),
};

/** The last LSN that a source has sent keyless rows of, and the first and last number among them. */
interface Page {
  lsn: number;
  first: number;
  last: number;
  /** Its beginning is unseen: it is the first that this source sent on the lane. */
  unaligned: boolean;
}

class PostgresLane implements ConnectorLane {
  readonly #context: LaneContext;
  readonly #options: ConnectorOptions;
  readonly #pages = new Map<string, Page>();
  readonly #equal: EqualChanges;

  constructor(context: LaneContext, options: ConnectorOptions, state: JsonValue | undefined) {
    this.#context = context;
    this.#options = options;
    this.#equal = new EqualChanges(context);
    for (const [source, page] of Object.entries(isJsonObject(state) ? state : {})) {
      const [lsn, first, last, unaligned] = page as [number, number, number, boolean];
      this.#pages.set(source, { lsn, first, last, unaligned });
    }
  }

  change(event: ChangeEvent, row: Row, into: IdentityWriter): Identified {
    this.place(event, into);
    if (row.key !== null || row.op === "t") {
      rowContent(event, into);
      return "change";
    }
    const order = event.totalOrder;
    const lsn = event.sourceInteger(SOURCE_FIELD.lsn) ?? 0;
    if (row.source === undefined || order === null) this.#byContent(event, lsn, row, into);
    else this.#byOrder(event, lsn, order, row.source, row.offset, into);
    return "change";
  }

  place(event: ChangeEvent, into: IdentityWriter): void {
    // A message outside of a transaction has none.
    may(event, SOURCE_FIELD.txId, into);
    need(event, SOURCE_FIELD.lsn, into, ADVICE);
    into.bucket = bucketOf(
      event.sourceInteger(SOURCE_FIELD.lsn) ?? Number.NaN,
      BUCKET_BYTES * this.#context.partitions,
    );
  }

  snapshotPlace(event: ChangeEvent, into: IdentityWriter): void {
    may(event, SOURCE_FIELD.sequence, into);
  }

  state(): JsonObject | undefined {
    if (this.#pages.size === 0) return undefined;
    return Object.fromEntries(
      [...this.#pages].map(([source, { first, last, lsn, unaligned }]) => [source, [lsn, first, last, unaligned]]),
    );
  }

  #byContent(event: ChangeEvent, lsn: number, { op, source }: Row, into: IdentityWriter): void {
    rowIdentity(event, into);
    const table = hashBytes(op.charCodeAt(0), event.sourceRaw(SOURCE_FIELD.table));
    this.#equal.see(String(lsn), source, hashBytes(hashBytes(table, event.before), event.after));
  }

  #byOrder(event: ChangeEvent, lsn: number, order: number, source: string, offset: number, into: IdentityWriter): void {
    into.number(order - this.#pageOf(source, lsn, order, offset).first, "occurrence");
    rowContent(event, into);
    for (const page of this.#pages.values()) if (page.unaligned && page.lsn === lsn) into.aligned = false;
  }

  #pageOf(source: string, lsn: number, order: number, offset: number): Page {
    const page = this.#pages.get(source);
    if (page === undefined) {
      const { sources } = this.#options;
      refuseMoreSources(this.#context, sources, this.#pages.size, source, offset);
      const begun = { lsn, first: order, last: order, unaligned: true };
      this.#pages.set(source, begun);
      return begun;
    }
    if (page.lsn !== lsn) Object.assign(page, { lsn, first: order, last: order, unaligned: false });
    else if (order > page.last) page.last = order;
    // Sent again, from the first row on: numbers do not go on, they begin anew.
    else Object.assign(page, { first: order, last: order });
    return page;
  }
}
