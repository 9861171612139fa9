import { type Change, type Database, folded } from "./database.ts";
import { isOnLane, type Sent } from "./lane.ts";

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
  /** Each delete is followed by a tombstone. */
  readonly tombstones: boolean;
  /** One table goes to another topic. */
  readonly filtered: boolean;
}

/** What is wrong with what came out of the lane; empty when it is exact. */
export function faultsOf(
  output: readonly Output[],
  sent: readonly Sent[],
  database: Database,
  { filtered, of, tombstones }: Truth,
): Set<Fault> {
  const faults = new Set<Fault>();
  const emitted: Exclude<Sent, "tombstone">[] = [];
  for (const [i, { offset, value }] of output.entries()) {
    const what = sent[offset];
    if (what === undefined || what === "tombstone" || value === null) continue;
    emitted.push(what);
    if (tombstones && isChange(what) && what.op === "d" && output[i + 1]?.value !== null)
      faults.add("misses tombstones");
  }
  const changes = emitted.filter(isChange);
  const seen = new Set<number>();
  let last = -1;
  for (const { id } of changes) {
    if (seen.has(id)) {
      faults.add("doubles");
      continue;
    }
    if (id < last) faults.add("reorders");
    last = id;
    seen.add(id);
  }
  const expected = filtered ? database.changes.filter(isOnLane) : database.changes;
  if (of === "history" && seen.size < expected.length) faults.add("loses");
  if (!endsIn(emitted, expected)) faults.add("wrong state");
  return faults;
}

function endsIn(emitted: readonly Exclude<Sent, "tombstone">[], expected: readonly Change[]): boolean {
  const effects = emitted.map((what) =>
    isChange(what) ? what : { table: what.table, key: what.key, after: what.value },
  );
  const [theirs, ours] = [folded(expected), folded(effects)];
  return theirs.size === ours.size && [...theirs].every(([row, value]) => ours.get(row) === value);
}

function isChange(what: Exclude<Sent, "tombstone">): what is Change {
  return "id" in what;
}
