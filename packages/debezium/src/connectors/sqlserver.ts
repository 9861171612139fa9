import type { IdentityWriter } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { bucketOf, type Connector, need, rowContent, SCHEMA_TABLE } from "./connector.ts";

const ADVICE =
  "it comes from the change tables of a database with CDC enabled; upgrade the connector if it does not send it";

/** Bytes of the log that hold some hundred changes of a lane. */
const BUCKET_BYTES = 64 * 1_024;
/** An LSN's middle part counts blocks of so many bytes. */
const BLOCK_BYTES = 512;

/**
 * SQL Server. The connectors have to read change tables of one database: the primary, or readable secondaries of its
 * availability group, whose logs and change tables are the same. `commit_lsn` and `change_lsn` name the log record,
 * `event_serial_no` tells what shares one apart (the delete and the create of a primary-key change), counted by the
 * connector and kept in its offsets over restarts. The LSN of a database that was restored from a backup may come
 * again: start with a new pipeline name then.
 *
 * https://debezium.io/documentation/reference/stable/connectors/sqlserver.html, "Data change events"; `SourceInfo`,
 * `SqlServerOffsetContext`.
 */
export const sqlserver: Connector = {
  name: "sqlserver",
  names: SCHEMA_TABLE,
  openLane({ partitions }) {
    const place = (event: ChangeEvent): number => {
      const lsn = event.sourceText(SOURCE_FIELD.commitLsn);
      const match = lsn === null ? null : /^([\da-f]{8}):([\da-f]{8}):([\da-f]{4})$/i.exec(lsn);
      if (match === null) return Number.NaN;
      const [file = 0, block = 0, slot = 0] = match.slice(1).map((hex) => Number.parseInt(hex, 16));
      return (file * 2 ** 32 + block) * BLOCK_BYTES + slot / 2 ** 16;
    };
    const stand = (event: ChangeEvent, into: IdentityWriter): void => {
      // Each database has a log of its own, and several may share a topic.
      into.domain = `lsn ${event.sourceText(SOURCE_FIELD.db) ?? ""}`;
      into.position = place(event);
    };
    return {
      change(event, _, into) {
        need(event, SOURCE_FIELD.commitLsn, into, ADVICE);
        need(event, SOURCE_FIELD.changeLsn, into, ADVICE);
        need(event, SOURCE_FIELD.eventSerialNo, into, ADVICE);
        rowContent(event, into);
        stand(event, into);
        into.bucket = bucketOf(into.position, BUCKET_BYTES * partitions);
        return "change";
      },
      place(event, into) {
        need(event, SOURCE_FIELD.commitLsn, into, ADVICE);
        stand(event, into);
      },
      snapshotPlace(event, into) {
        into.bytes(event.sourceRaw(SOURCE_FIELD.commitLsn), "source.commit_lsn");
      },
    };
  },
};
