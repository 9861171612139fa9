import { type Change, type Database, folded } from "./database.ts";
import type { Sent } from "./lane.ts";

/** What can be wrong with an output. */
export type Fault = "loses" | "doubles" | "reorders" | "wrong state" | "stops" | "rejects" | "misses tombstones";

export interface Output {
  readonly offset: number;
  readonly value: Uint8Array | null;
}

/** What the output is to be compared with. */
export interface Truth {
  /**
   * `history`: every change once. `state`: what the last values of all rows are, each change at most once; where both
   * connectors began with a snapshot, changes that lie in it may be missing.
   */
  readonly of: "history" | "state";
  /** Changes are in the history's order, or in that of each table, where no connector sends all that another does. */
  readonly order: "history" | "table";
}

/** What is wrong with what came out of the lane; empty when it is exact. */
export function faultsOf(
  output: readonly Output[],
  sent: readonly Sent[],
  database: Database,
  { of, order }: Truth,
): Set<Fault> {
  const faults = new Set<Fault>();
  const emitted: Exclude<Sent, "tombstone">[] = [];
  for (const [i, { offset, value }] of output.entries()) {
    const what = sent[offset];
    if (what === undefined || what === "tombstone" || value === null) continue;
    emitted.push(what);
    if (isChange(what) && what.op === "d" && output[i + 1]?.value !== null) faults.add("misses tombstones");
  }
  const changes = emitted.filter(isChange);
  const seen = new Set<number>();
  const last = new Map<string, number>();
  for (const { id, table } of changes) {
    const lane = order === "table" ? table : "";
    if (seen.has(id)) faults.add("doubles");
    else if (id < (last.get(lane) ?? -1)) faults.add("reorders");
    if (!seen.has(id)) last.set(lane, id);
    seen.add(id);
  }
  if (of === "history" && seen.size < database.changes.length) faults.add("loses");
  if (!endsIn(emitted, database)) faults.add("wrong state");
  return faults;
}

function endsIn(emitted: readonly Exclude<Sent, "tombstone">[], database: Database): boolean {
  const effects = emitted.map((what) =>
    isChange(what) ? what : { table: what.table, key: what.key, after: what.value },
  );
  const [theirs, ours] = [folded(database.changes), folded(effects)];
  return theirs.size === ours.size && [...theirs].every(([row, value]) => ours.get(row) === value);
}

function isChange(what: Exclude<Sent, "tombstone">): what is Change {
  return "id" in what;
}
