/** A record as somebody read it: of one topic. */
export interface AuditedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In any form that is equal for equal headers. */
  readonly headers?: unknown;
}

export interface Copy {
  /** What identifies the change, by the auditor's own knowledge of the history. Null: a tombstone. */
  readonly id: string | null;
  readonly record: AuditedRecord;
}

/** What an auditor finds, per kind of anomaly. `examples` are the first few, to look at. */
export interface Verdict {
  readonly input: number;
  readonly distinct: number;
  readonly emitted: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly altered: number;
  /** Records that a reader of committed records saw, and that are not in the end's output. */
  readonly aborted: number;
  readonly tombstonesMissing: number;
  readonly examples: readonly string[];
}

export interface Audit {
  /** One topic's input, and what came out for it, as read committed after the last fault. */
  readonly input: readonly Copy[];
  readonly output: readonly Copy[];
  /** What a reader of committed output saw on the way, while the faults happened. */
  readonly seen?: readonly AuditedRecord[];
  /** Records of the input that lie in a topic of dead letters: that is as good as in the output, and once is enough. */
  readonly aside?: readonly Copy[];
  /** Tells the deletes, each of which has to be followed by its tombstone. None: tombstones are not judged. */
  readonly isDelete?: (record: AuditedRecord) => boolean;
}

const EXAMPLES = 10;

/**
 * Judges an output by the input's history alone: per partition, the output has to be the first copies of the input in
 * their order, byte for byte, each delete followed by its tombstone. Knows nothing of how the output was made.
 */
export function audit({ aside = [], input, isDelete, output, seen = [] }: Audit): Verdict {
  const auditor = new Auditor(input, isDelete);
  for (const copy of aside) auditor.passAside(copy);
  for (const copy of output) auditor.see(copy);
  auditor.end(output, seen);
  const { counts, examples } = auditor;
  return {
    input: input.length,
    distinct: auditor.distinct,
    emitted: output.filter(({ id }) => id !== null).length,
    ...counts,
    examples,
  };
}

export function isClean({ aborted, altered, duplicated, lost, reordered, tombstonesMissing }: Verdict): boolean {
  return lost + duplicated + reordered + altered + aborted + tombstonesMissing === 0;
}

class Auditor {
  readonly examples: string[] = [];
  readonly counts = { lost: 0, duplicated: 0, reordered: 0, altered: 0, aborted: 0, tombstonesMissing: 0 };
  readonly #isDelete: ((record: AuditedRecord) => boolean) | undefined;
  readonly #first = new Map<string, AuditedRecord>();
  readonly #emitted = new Set<string>();
  /** Per partition: the highest input offset that came out, and the delete that waits for its tombstone. */
  readonly #highest = new Map<number, number>();
  readonly #owed = new Map<number, AuditedRecord>();

  constructor(input: readonly Copy[], isDelete: ((record: AuditedRecord) => boolean) | undefined) {
    this.#isDelete = isDelete;
    for (const { id, record } of input) if (id !== null && !this.#first.has(id)) this.#first.set(id, record);
  }

  get distinct(): number {
    return this.#first.size;
  }

  see({ id, record }: Copy): void {
    if (id === null) return this.#tombstone(record);
    const { partition } = record;
    this.#settle(partition);
    if (this.#isDelete?.(record) === true) this.#owed.set(partition, record);
    const copy = this.#first.get(id);
    if (this.#emitted.has(id)) return this.#note("duplicated", `change ${id} again at ${at(record)}`);
    this.#emitted.add(id);
    if (copy === undefined || !same(copy, record))
      return this.#note(
        "altered",
        `change ${id} at ${at(record)} is not its first copy${copy === undefined ? "" : ` (${at(copy)})`}, byte for byte`,
      );
    const highest = this.#highest.get(partition) ?? -1;
    if (copy.offset < highest) this.#note("reordered", `change ${id} at ${at(record)} comes after a later one`);
    this.#highest.set(partition, Math.max(copy.offset, highest));
  }

  passAside({ id, record }: Copy): void {
    if (id === null) return;
    const copy = this.#first.get(id);
    if (this.#emitted.has(id)) this.#note("duplicated", `change ${id} (${at(record)}) is a dead letter twice`);
    else if (copy === undefined || at(copy) !== at(record))
      this.#note("altered", `the dead letter of change ${id} is of ${at(record)}, which is not its first copy`);
    this.#emitted.add(id);
  }

  end(output: readonly Copy[], seen: readonly AuditedRecord[]): void {
    for (const partition of this.#owed.keys()) this.#settle(partition);
    for (const [id, copy] of this.#first)
      if (!this.#emitted.has(id)) this.#note("lost", `change ${id} (${at(copy)}) is lost`);
    if (seen.length === 0) return;
    const stands = new Map(output.map(({ record }) => [at(record), record]));
    for (const record of seen) {
      const now = stands.get(at(record));
      if (now === undefined || !same(now, record))
        this.#note("aborted", `${at(record)} was visible, and is not in the output`);
    }
  }

  #tombstone(record: AuditedRecord): void {
    if (this.#isDelete === undefined) return;
    const owed = this.#owed.get(record.partition);
    if (owed === undefined || !equal(owed.key, record.key))
      this.#note("duplicated", `a tombstone too many at ${at(record)}`);
    else if (!same(owed, { ...record, value: owed.value }))
      this.#note("altered", `the tombstone at ${at(record)} has not its delete's headers and timestamp`);
    this.#owed.delete(record.partition);
  }

  #settle(partition: number): void {
    const owed = this.#owed.get(partition);
    if (owed === undefined) return;
    this.#owed.delete(partition);
    this.#note("tombstonesMissing", `no tombstone after the delete at ${at(owed)}`);
  }

  #note(kind: keyof Auditor["counts"], text: string): void {
    this.counts[kind]++;
    if (this.examples.length < EXAMPLES) this.examples.push(text);
  }
}

function at({ offset, partition }: AuditedRecord): string {
  return `${partition}@${offset}`;
}

function equal(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return Buffer.compare(a, b) === 0;
}

function same(a: AuditedRecord, b: AuditedRecord): boolean {
  return (
    a.partition === b.partition &&
    a.timestamp === b.timestamp &&
    equal(a.key, b.key) &&
    equal(a.value, b.value) &&
    (a.headers === b.headers || JSON.stringify(a.headers) === JSON.stringify(b.headers))
  );
}
