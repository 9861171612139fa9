import type { ConditionName } from "./conditions.ts";
import {
  type Family,
  mariadb,
  mongodb,
  mysql,
  mysqlOneServer,
  mysqlTwoServers,
  oracle,
  postgresql,
  sqlserver,
} from "./families.ts";
import { byContent, byFields, byHeader, type Judged, naive, withoutSources, withSources } from "./strategies.ts";

/** A connector family, the conditions that its events can be under, and what is judged there. */
export interface Subject {
  readonly title: string;
  readonly family: Family;
  readonly conditions: readonly ConditionName[];
  readonly strategies: readonly Judged[];
}

/** Here no identity helps: changes, or deletes, that one connector alone sends come after what the other has sent. */
const HOPELESS: readonly ConditionName[] = ["snapshotAhead", "twoSnapshots"];
const SNAPSHOTS: readonly ConditionName[] = ["snapshot", "newerLeads", ...HOPELESS];
/** An identity that tells no position is never late. */
const UNPLACED: readonly ConditionName[] = ["newerLeads", ...HOPELESS];
/** Changes that are equal within a transaction. */
const EQUAL: readonly ConditionName[] = ["repeats", "equalRows", "everything"];
const ANY: readonly ConditionName[] = ["plain", "midway", "repeats"];

/** Where sources make no difference: what the strategy with sources says of all histories holds. */
const sampled = (judged: Judged): Judged => ({ ...judged, sampled: true });

const NOTHING_BUT_ROWS: Judged = naive(
  "naive: key, op, before, after",
  ({ after, before, op, source }, key) => [source["table"], key, op, before, after],
  "everywhere",
);

export const SUBJECTS: readonly Subject[] = [
  {
    title: "MariaDB",
    family: mariadb,
    conditions: [
      ...ANY,
      "equalRows",
      "newKeys",
      "filtered",
      "unnumbered",
      "disorder",
      "rePointed",
      "rePointedMidway",
      "everything",
      ...SNAPSHOTS,
    ],
    strategies: [
      withSources(["rePointedMidway", ...HOPELESS]),
      withoutSources([...EQUAL, ...HOPELESS]),
      {
        name: "with sources, `snapshots: emit`",
        identity: withSources([]).identity,
        dedup: { snapshots: "emit" },
        sampled: true,
        inexact: ["rePointedMidway", "snapshot", ...HOPELESS],
      },
      {
        name: "with sources, `late: emit`",
        identity: withSources([]).identity,
        dedup: { late: "emit" },
        sampled: true,
        inexact: ["rePointedMidway", "newerLeads", ...HOPELESS],
      },
      byContent([...EQUAL, ...SNAPSHOTS]),
      byHeader(SNAPSHOTS),
      naive("naive: gtid, total_order", ({ source, transaction }) => [source["gtid"], transaction?.total_order], [
        "midway",
        "filtered",
        "unnumbered",
        "rePointedMidway",
        "everything",
        ...SNAPSHOTS,
      ]),
      naive("naive: gtid, row", ({ source }) => [source["gtid"], source["row"]], "everywhere"),
      NOTHING_BUT_ROWS,
    ],
  },
  {
    title: "MySQL with GTIDs",
    family: mysql,
    conditions: [...ANY, "equalRows", "newKeys", "filtered", "unnumbered", "rePointed", "everything", "snapshot"],
    strategies: [
      withSources([]),
      withoutSources(EQUAL),
      naive("naive: gtid, total_order", ({ source, transaction }) => [source["gtid"], transaction?.total_order], [
        "midway",
        "filtered",
        "unnumbered",
        "everything",
        "snapshot",
      ]),
      naive(
        "naive: file, pos, row, op",
        ({ op, source }) => [source["file"], source["pos"], source["row"], op],
        "everywhere",
      ),
    ],
  },
  {
    title: "MySQL without GTIDs, two connectors on one server",
    family: mysqlOneServer,
    conditions: [...ANY, "equalRows", "newKeys", "filtered", "everything", "snapshot"],
    strategies: [
      withSources([], { binlog: "one-server" }),
      sampled(withoutSources([], { binlog: "one-server" })),
      naive("naive: file, pos, row, op", ({ op, source }) => [source["file"], source["pos"], source["row"], op], []),
      naive("naive: file, pos, row", ({ source }) => [source["file"], source["pos"], source["row"]], [
        "newKeys",
        "everything",
      ]),
    ],
  },
  {
    title: "MySQL without GTIDs, each connector on a server of its own",
    family: mysqlTwoServers,
    conditions: [...ANY],
    strategies: [
      withSources("everywhere"),
      withSources("everywhere", { binlog: "one-server" }),
      naive(
        "naive: file, pos, row, op",
        ({ op, source }) => [source["file"], source["pos"], source["row"], op],
        "everywhere",
      ),
    ],
  },
  {
    title: "PostgreSQL",
    family: postgresql,
    conditions: [
      ...ANY,
      "equalRows",
      "newKeys",
      "filtered",
      "unnumbered",
      "interwoven",
      "bulk",
      "bulkEqualRows",
      "bulkUnnumbered",
      "everything",
      ...SNAPSHOTS,
    ],
    strategies: [
      withSources(["bulkUnnumbered", ...HOPELESS]),
      withoutSources(["bulkEqualRows", "bulkUnnumbered", "everything", ...HOPELESS]),
      byContent(["bulkEqualRows", "bulkUnnumbered", "everything", ...SNAPSHOTS]),
      byFields(
        ["source.txId", "source.lsn", "op", "key"],
        ["equalRows", "bulkEqualRows", "bulkUnnumbered", "everything", ...SNAPSHOTS],
      ),
      naive("naive: txId, lsn, op, key", ({ op, source }, key) => [source["txId"], source["lsn"], op, key], [
        "bulkEqualRows",
        "bulkUnnumbered",
        "everything",
        ...UNPLACED,
      ]),
      naive("naive: txId, total_order", ({ source, transaction }) => [source["txId"], transaction?.total_order], [
        "filtered",
        "unnumbered",
        "bulkUnnumbered",
        "everything",
        ...SNAPSHOTS,
      ]),
      naive("naive: lsn", ({ source }) => [source["lsn"]], [
        "newKeys",
        "bulk",
        "bulkEqualRows",
        "bulkUnnumbered",
        "everything",
        ...UNPLACED,
      ]),
      NOTHING_BUT_ROWS,
    ],
  },
  {
    title: "MongoDB",
    family: mongodb,
    conditions: [...ANY, "filtered", "everything", "snapshot"],
    strategies: [
      withSources(["repeats", "everything"]),
      sampled(withoutSources(["repeats", "everything"])),
      naive(
        "naive: ts_ms, ord, collection, key",
        ({ source }, key) => [source["ts_ms"], source["ord"], source["collection"], key],
        "everywhere",
      ),
    ],
  },
  {
    title: "SQL Server",
    family: sqlserver,
    conditions: [...ANY, "equalRows", "newKeys", "filtered", "interwoven", "everything", "snapshot"],
    strategies: [
      withSources([]),
      sampled(withoutSources([])),
      naive(
        "naive: commit_lsn, change_lsn, event_serial_no",
        ({ source }) => [source["commit_lsn"], source["change_lsn"], source["event_serial_no"]],
        [],
      ),
      naive("naive: commit_lsn, change_lsn", ({ source }) => [source["commit_lsn"], source["change_lsn"]], [
        "newKeys",
        "everything",
      ]),
    ],
  },
  {
    title: "Oracle",
    family: oracle,
    conditions: [...ANY, "equalRows", "newKeys", "filtered", "interwoven", "everything", "snapshot"],
    strategies: [
      withSources([]),
      sampled(withoutSources([])),
      naive("naive: scn, rs_id, ssn", ({ source }) => [source["scn"], source["rs_id"], source["ssn"]], []),
    ],
  },
];
