import { type Clock, isDataObject, systemClock } from "@tandem-cdc/core";
import type { BatchTransform, ConnectRecord, Step } from "@tandem-cdc/transforms";
import { compare, idOf, type Expected, type Mismatch } from "./comparison.ts";
import type { Service } from "./service.ts";

export interface CheckerOptions {
  readonly service: Service;
  /** How long the service may take to have what the database has. */
  readonly graceMs: number;
  readonly clock?: Clock;
}

const LOOK_AGAIN_MS = 100;

/** Makes of changes what the service has wrong: one record for each row of a batch that differs, none for the others. */
export function checker({ clock = systemClock, graceMs, service }: CheckerOptions): Step {
  const transform: BatchTransform = {
    async applyBatch(records, signal) {
      const judge = async (rows: readonly Expected[]): Promise<ReadonlyMap<string, Mismatch>> => {
        if (rows.length === 0) return new Map();
        const found = await service.rows(
          rows.map(({ id }) => id),
          signal,
        );
        const wrong = rows.map((row) => compare(row, found.get(row.id))).filter((mismatch) => mismatch !== null);
        return new Map(wrong.map((mismatch) => [mismatch.id, mismatch]));
      };
      const newest = newestOf(records);
      let mismatches = await judge([...newest.values()]);
      for (let waited = 0; mismatches.size > 0 && waited < graceMs; waited += LOOK_AGAIN_MS) {
        await clock.sleep(LOOK_AGAIN_MS, signal);
        mismatches = await judge([...newest.values()].filter(({ id }) => mismatches.has(id)));
      }
      return records.map((record) => {
        const row = newest.get(record);
        const mismatch = row === undefined ? undefined : mismatches.get(row.id);
        return mismatch === undefined ? null : record.with({ value: mismatch, valueSchema: null });
      });
    },
  };
  return { name: "checker", transform };
}

/** The last change of each row. What came before it in the batch is no longer true. */
function newestOf(records: readonly ConnectRecord[]): ReadonlyMap<ConnectRecord, Expected> {
  const newest = new Map<string, ConnectRecord>();
  const rows = new Map<ConnectRecord, Expected>();
  for (const record of records) {
    const row = rowOf(record);
    if (row === null) continue;
    const name = `${record.topic} ${row.id}`;
    const earlier = newest.get(name);
    if (earlier !== undefined) rows.delete(earlier);
    newest.set(name, record);
    rows.set(record, row);
  }
  return rows;
}

/** Null for what is no change of a row: the tombstone after a delete. */
function rowOf({ isTombstone, key, value }: ConnectRecord): Expected | null {
  if (isTombstone) return null;
  if (!isDataObject(value) || !isDataObject(key)) throw new TypeError("it is no change of a row with a key");
  const { after = null, before = null } = value;
  return {
    id: idOf(key),
    before: isDataObject(before) ? before : null,
    after: isDataObject(after) ? after : null,
  };
}
