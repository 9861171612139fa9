import type { Batch, Header } from "./batch.ts";

/** What a transform changes of a record; what is left out stays as it was. */
export interface RecordChange {
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly headers?: readonly Header[];
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  readonly topic?: string;
  readonly partition?: number;
}

/**
 * A view of another batch: `index[i]` is the record of `parent` behind record i, `changes` (sparse) what differs.
 * Selections of selections are flattened where nothing changed, so that a chain of drops costs one indirection.
 */
export function select(parent: Batch, index: Int32Array, changes?: ReadonlyMap<number, RecordChange>): Batch {
  const at = (i: number): number => {
    const p = index[i];
    if (p === undefined) throw new RangeError(`no record ${i} in a batch of ${index.length}`);
    return p;
  };
  const plain: Batch = {
    lane: parent.lane,
    length: index.length,
    offset: (i) => parent.offset(at(i)),
    timestamp: (i) => parent.timestamp(at(i)),
    key: (i) => parent.key(at(i)),
    value: (i) => parent.value(at(i)),
    headers: (i) => parent.headers(at(i)),
    topic: (i) => parent.topic(at(i)),
    partition: (i) => parent.partition(at(i)),
  };
  if (changes === undefined || changes.size === 0) return plain;
  const changed = <T>(i: number, pick: (c: RecordChange) => T | undefined, original: (i: number) => T): T => {
    const change = changes.get(i);
    const value = change === undefined ? undefined : pick(change);
    return value === undefined ? original(i) : value;
  };
  return {
    lane: parent.lane,
    length: index.length,
    offset: plain.offset,
    timestamp: (i) => changed(i, (c) => c.timestamp, plain.timestamp),
    key: (i) => changed(i, (c) => c.key, plain.key),
    value: (i) => changed(i, (c) => c.value, plain.value),
    headers: (i) => changed(i, (c) => c.headers, plain.headers),
    topic: (i) => changed(i, (c) => c.topic, plain.topic),
    partition: (i) => changed(i, (c) => c.partition, plain.partition),
  };
}

/** Records `from` (inclusive) to `to` (exclusive) of a batch. */
export function slice(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.length) return batch;
  return select(
    batch,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );
}
