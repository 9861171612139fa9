import type { ConditionName } from "./conditions.ts";
import { type Family, mariadb } from "./families.ts";
import { type Judged, naive, withoutSources, withSources } from "./strategies.ts";

/** A connector family, the conditions that its events can be under, and what is judged there. */
export interface Subject {
  readonly title: string;
  readonly family: Family;
  readonly conditions: readonly ConditionName[];
  readonly strategies: readonly Judged[];
}

/** No strategy makes a stream of these: what one connector alone has sent came after what the other had sent. */
const AHEAD: readonly ConditionName[] = ["snapshotAhead"];
/** Changes that are equal within a transaction. */
const EQUAL: readonly ConditionName[] = ["repeats", "equalRows", "everything"];
const SNAPSHOTS: readonly ConditionName[] = ["snapshot", "snapshotAhead"];

export const SUBJECTS: readonly Subject[] = [
  {
    title: "MariaDB",
    family: mariadb,
    conditions: [
      "plain",
      "midway",
      "repeats",
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
      withSources(["rePointedMidway", ...AHEAD]),
      withoutSources([...EQUAL, ...AHEAD]),
      {
        name: "with sources, `snapshots: emit`",
        identity: withSources([]).identity,
        dedup: { snapshots: "emit" },
        inexact: ["rePointedMidway", ...SNAPSHOTS],
      },
      {
        name: "naive: gtid, total_order",
        identity: naive("total-order", ({ source, transaction }) => [source["gtid"], transaction?.total_order]),
        inexact: ["midway", "filtered", "unnumbered", "rePointedMidway", "everything", ...SNAPSHOTS],
      },
      {
        name: "naive: gtid, row",
        identity: naive("row", ({ source }) => [source["gtid"], source["row"]]),
        inexact: "everywhere",
      },
      {
        name: "naive: file, pos, row, op",
        identity: naive("file-pos", ({ op, source }) => [source["file"], source["pos"], source["row"], op]),
        inexact: "everywhere",
      },
      {
        name: "naive: key, op, before, after",
        identity: naive("content", ({ after, before, op, source }, key) => [source["table"], key, op, before, after]),
        inexact: "everywhere",
      },
    ],
  },
];
