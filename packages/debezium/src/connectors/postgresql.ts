import type { Identified, IdentityWriter, JsonObject, JsonValue, LaneContext } from "@tandem-cdc/core";
import { isJsonObject } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { hashBytes } from "../occurrences.ts";
import {
  bucketOf,
  type Connector,
  type ConnectorLane,
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
 * (`provide.transaction.metadata=true`). A connector that starts again in the middle of an LSN goes on there, and
 * `total_order` goes on right (3.7 on, `lsn_events_processed`), or leaves out the rest of it and goes on with the first row
 * of the next, and `total_order` is too low from there on (3.6). An order is therefore counted from that of the LSN's first row.
 * Without sources or metadata it is by content, and of equal rows of one page the first comes out (counted as `ambiguous`
 * where one source's records show them). A key by `message.key.columns` has to be unique.
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
  openLane: (context, _, state) => new PostgresLane(context, state),
};

/** The LSN that a source has sent keyless rows of last, and the order of its first row. */
interface Page {
  readonly lsn: number;
  readonly first: number;
}

/** LSNs remembered as unaligned. */
const UNALIGNED = 16;

class PostgresLane implements ConnectorLane {
  readonly #context: LaneContext;
  readonly #pages = new Map<string, Page>();
  /** LSNs whose beginning was not seen from a source: what it sent of them has numbers that prove nothing. */
  readonly #unaligned = new Set<number>();
  readonly #equal: EqualChanges;

  constructor(context: LaneContext, state: JsonValue | undefined) {
    this.#context = context;
    this.#equal = new EqualChanges(context);
    const { pages, unaligned } = isJsonObject(state) ? state : {};
    for (const [source, page] of Object.entries(isJsonObject(pages) ? pages : {})) {
      const [lsn, first] = page as [number, number];
      this.#pages.set(source, { lsn, first });
    }
    if (Array.isArray(unaligned)) for (const lsn of unaligned) this.#unaligned.add(Number(lsn));
  }

  change(event: ChangeEvent, row: Row, into: IdentityWriter): Identified {
    this.place(event, into);
    if (row.key !== null || row.op === "t") {
      rowContent(event, into);
      return "change";
    }
    const order = event.totalOrder;
    const lsn = event.sourceInteger(SOURCE_FIELD.lsn) ?? 0;
    if (row.source !== undefined && order !== null) return this.#byOrder(event, lsn, order, row.source, into);
    this.#byContent(event, lsn, row, into);
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
    const pages = [...this.#pages].map(([source, { first, lsn }]) => [source, [lsn, first]] as const);
    return { pages: Object.fromEntries(pages), unaligned: [...this.#unaligned] };
  }

  #byContent(event: ChangeEvent, lsn: number, { op, source }: Row, into: IdentityWriter): void {
    rowIdentity(event, into);
    const table = hashBytes(op.charCodeAt(0), event.sourceRaw(SOURCE_FIELD.table));
    this.#equal.see(String(lsn), source, hashBytes(hashBytes(table, event.before), event.after));
  }

  #byOrder(event: ChangeEvent, lsn: number, order: number, source: string, into: IdentityWriter): Identified {
    const page = this.#pages.get(source);
    if (page === undefined) this.#forgetBeginning(lsn);
    // From another LSN a source comes to the first row; within this one it goes on, or has started again anywhere in it.
    const first = page?.lsn === lsn ? Math.min(page.first, order) : order;
    if (page?.lsn !== lsn || first !== page.first) this.#pages.set(source, { lsn, first });
    into.number(order - first, "occurrence");
    into.aligned = !this.#unaligned.has(lsn);
    rowContent(event, into);
    return "change";
  }

  #forgetBeginning(lsn: number): void {
    this.#unaligned.add(lsn);
    const [oldest] = this.#unaligned;
    if (this.#unaligned.size > UNALIGNED && oldest !== undefined) this.#unaligned.delete(oldest);
  }
}
