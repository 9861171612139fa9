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
  return {
    ...plain,
    timestamp: (i) => changes.get(i)?.timestamp ?? plain.timestamp(i),
    key: (i) => orElse(changes.get(i)?.key, () => plain.key(i)),
    value: (i) => orElse(changes.get(i)?.value, () => plain.value(i)),
    headers: (i) => changes.get(i)?.headers ?? plain.headers(i),
    topic: (i) => changes.get(i)?.topic ?? plain.topic(i),
    partition: (i) => changes.get(i)?.partition ?? plain.partition(i),
  };
}

/** Null is a value: a tombstone, a record without a key. */
function orElse(changed: Uint8Array | null | undefined, original: () => Uint8Array | null): Uint8Array | null {
  return changed === undefined ? original() : changed;
}

/** Records `from` (inclusive) to `to` (exclusive) of a batch. */
export function slice(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.length) return batch;
  return select(
    batch,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );
}
