import { GtidReader, type NamedGtid } from "../binlog/event.ts";
import { MARIADB_GTID } from "../binlog/gtid.ts";
import type { ChangeEvent } from "../change-event.ts";
import { unidentifiable } from "../unidentifiable.ts";
import { GtidLane } from "./binlog.ts";
import { type Connector, TABLE } from "./connector.ts";

/**
 * MariaDB. The connectors may read any replicas of one primary, with binlogs laid out as they like: the GTID is the
 * primary's, and travels with the change. What stands in `file`, `pos` and `row` is each replica's own and serves only to
 * tell a source's re-deliveries. Table filters may differ; row images (`binlog_row_image`) and column filters may not,
 * since `before` and `after` have to be equal.
 *
 * https://debezium.io/documentation/reference/stable/connectors/mariadb.html; measured in `test/fixtures/README.md`.
 */
export const mariadb: Connector = {
  name: "mariadb",
  names: TABLE,
  openLane(context, options, state) {
    const gtids = new GtidReader(MARIADB_GTID);
    const gtidOf = (event: ChangeEvent): NamedGtid => {
      const named = gtids.read(event);
      if (named === null)
        throw unidentifiable(
          "a streamed change without source.gtid: connect to a server that writes a binlog with GTIDs (MariaDB 10.0.2 or newer)",
        );
      return named;
    };
    return new GtidLane(context, { ...options, dialect: MARIADB_GTID, gtids, payloads: false, gtidOf }, state);
  },
};
