import type { Stored } from "./io.ts";

/** What an auditor finds, per kind of anomaly. `examples` are the first few, to look at. */
export interface Verdict {
  readonly input: number;
  readonly distinct: number;
  readonly emitted: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly altered: number;
  readonly tombstonesMissing: number;
  readonly examples: readonly string[];
}

export interface Copy {
  /** What identifies the change, by the auditor's own knowledge of the history. Null: a tombstone. */
  readonly id: string | null;
  readonly record: Stored;
}

/**
 * Judges an output by the input's history alone: per partition, the output has to be the first copies of the input in
 * their order, byte for byte, each delete followed by its tombstone. Knows nothing of how the output was made.
 */
export function audit(input: readonly Copy[], output: readonly Copy[], isDelete: (record: Stored) => boolean): Verdict {
  const examples: string[] = [];
  const note = (text: string): void => void (examples.length < 10 && examples.push(text));
  const first = new Map<string, Stored>();
  for (const { id, record } of input) if (id !== null && !first.has(id)) first.set(id, record);
  const seen = new Map<string, number>();
  const highest = new Map<number, number>();
  let duplicated = 0;
  let reordered = 0;
  let altered = 0;
  let tombstonesMissing = 0;
  const owed = new Map<number, Buffer>();
  const settle = (partition: number, what: string): void => {
    if (!owed.delete(partition)) return;
    tombstonesMissing++;
    note(`no tombstone after the delete before ${what}`);
  };
  for (const { id, record } of output) {
    const { partition } = record;
    if (id === null) {
      const key = owed.get(partition);
      if (key === undefined || record.key === null || !key.equals(record.key)) {
        duplicated++;
        note(`a tombstone too many at ${partition}@${record.offset}`);
      }
      owed.delete(partition);
      continue;
    }
    settle(partition, `${partition}@${record.offset}`);
    if (isDelete(record) && record.key !== null) owed.set(partition, record.key);
    const copy = first.get(id);
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    if (times > 1) {
      duplicated++;
      note(`change ${id} again at ${partition}@${record.offset}`);
      continue;
    }
    if (copy === undefined || !same(copy, record)) {
      altered++;
      note(`change ${id} at ${partition}@${record.offset} is not its first copy, byte for byte`);
      continue;
    }
    if (copy.offset < (highest.get(partition) ?? -1)) {
      reordered++;
      note(`change ${id} at ${partition}@${record.offset} comes after a later one`);
    }
    highest.set(partition, Math.max(copy.offset, highest.get(partition) ?? -1));
  }
  for (const partition of owed.keys()) settle(partition, `the end of partition ${partition}`);
  let lost = 0;
  for (const [id, copy] of first) {
    if (seen.has(id)) continue;
    lost++;
    note(`change ${id} (${copy.partition}@${copy.offset}) is lost`);
  }
  return {
    input: input.length,
    distinct: first.size,
    emitted: output.filter(({ id }) => id !== null).length,
    lost,
    duplicated,
    reordered,
    altered,
    tombstonesMissing,
    examples,
  };
}

function bytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function same(a: Stored, b: Stored): boolean {
  return (
    a.partition === b.partition &&
    a.timestamp === b.timestamp &&
    bytes(a.key, b.key) &&
    bytes(a.value, b.value) &&
    JSON.stringify(a.headers) === JSON.stringify(b.headers)
  );
}
