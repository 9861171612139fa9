import type { Identified, IdentityWriter, LaneContext } from "@tandem-cdc/core";
import { GtidReader, type NamedGtid, positionOf } from "../binlog/event.ts";
import { MYSQL_GTID } from "../binlog/gtid.ts";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { unidentifiable } from "../unidentifiable.ts";
import { GtidLane } from "./binlog.ts";
import { bucketOf, type Connector, type ConnectorLane, need, type Row, rowContent, TABLE } from "./connector.ts";

const ADVICE =
  "switch GTIDs on (gtid_mode=ON, enforce_gtid_consistency=ON), so that a change has one name on every replica; or, where all connectors read the binlog of one and the same server, say so with binlog: one-server";

/**
 * MySQL. With GTIDs (`uuid:n`, `uuid:tag:n`) the connectors may read any replicas of one primary: the GTID is the
 * primary's. With known sources `binlog_transaction_compression` should be off on the replicas: all rows of a compressed
 * transaction have one position, and of equal changes of one row within it only the first comes out (`ambiguous`).
 *
 * Without GTIDs nothing of a change is equal on two replicas but its content. `binlog: "one-server"` says that all
 * connectors read one and the same server; file, position and row then identify a change, and its time, so that a server
 * that was set up anew and counts its files from 1 again does not repeat an identity.
 *
 * https://debezium.io/documentation/reference/stable/connectors/mysql.html, "MySQL purges or ..."; `BinlogSourceInfo`.
 */
export const mysql: Connector = {
  name: "mysql",
  names: TABLE,
  openLane(context, options, state) {
    if (options.binlog === "one-server") return new OneServer(context);
    const gtids = new GtidReader(MYSQL_GTID);
    const gtidOf = (event: ChangeEvent): NamedGtid => {
      const named = gtids.read(event);
      if (named === null) throw unidentifiable(`a streamed change without source.gtid: ${ADVICE}`);
      return named;
    };
    return new GtidLane(context, { ...options, dialect: MYSQL_GTID, gtids, payloads: true, gtidOf }, state);
  },
};

/** Bytes of the binlog that hold some hundred changes of a lane. */
const BUCKET_BYTES = 64 * 1_024;
/** Files are larger than their limit by one transaction. */
const FILE_BYTES = 2 ** 33;

class OneServer implements ConnectorLane {
  readonly #width: number;

  constructor({ partitions }: LaneContext) {
    this.#width = BUCKET_BYTES * partitions;
  }

  change(event: ChangeEvent, row: Row, into: IdentityWriter): Identified {
    this.#write(event, row.op, into);
    rowContent(event, into);
    return "change";
  }

  place(event: ChangeEvent, into: IdentityWriter): void {
    this.#write(event, "", into);
  }

  snapshotPlace(event: ChangeEvent, into: IdentityWriter): void {
    into.bytes(event.sourceRaw(SOURCE_FIELD.file), "source.file");
    into.bytes(event.sourceRaw(SOURCE_FIELD.pos), "source.pos");
  }

  #write(event: ChangeEvent, op: string, into: IdentityWriter): void {
    const advice = "binlog: one-server needs it of every change";
    for (const field of [SOURCE_FIELD.file, SOURCE_FIELD.pos, SOURCE_FIELD.row, SOURCE_FIELD.ts] as const)
      need(event, field, into, advice);
    const { base, file, pos } = positionOf(event, op);
    into.domain = base;
    into.position = file * FILE_BYTES + pos;
    into.bucket = bucketOf(into.position, this.#width);
  }
}
