import type { Lane } from "./lane.ts";

/** A record header. Values are raw bytes; a header may occur more than once. */
export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/**
 * Records of one lane in order, addressed by index: the unit that transforms receive.
 *
 * A batch is read-only and stays valid as long as somebody holds it. Key and value are the raw bytes of the log:
 * whoever gets them must not write into them. Implementations answer every method without making an object per
 * record, `record(i)` excepted.
 *
 * Offsets are safe integers (2^53 is out of reach of any log); timestamps are milliseconds since the epoch.
 */
export interface Batch {
  /** Where the records were read. */
  readonly lane: Lane;
  readonly length: number;
  /** Coordinate of record i. Never decreases; several records share one after a transform made several of one. */
  offset(i: number): number;
  timestamp(i: number): number;
  key(i: number): Uint8Array | null;
  value(i: number): Uint8Array | null;
  headers(i: number): readonly Header[];
  /** Where record i goes: the lane's topic until a transform reroutes it. */
  topic(i: number): string;
  /** The lane's partition until a transform changes it. */
  partition(i: number): number;
}

/** One record as an object: a lazy view into a batch, made only when somebody asks. */
export class RecordView {
  readonly #batch: Batch;
  readonly #index: number;

  constructor(batch: Batch, index: number) {
    if (!(index >= 0 && index < batch.length)) throw new RangeError(`no record ${index} in a batch of ${batch.length}`);
    this.#batch = batch;
    this.#index = index;
  }
  get lane(): Lane {
    return this.#batch.lane;
  }
  get offset(): number {
    return this.#batch.offset(this.#index);
  }
  get timestamp(): number {
    return this.#batch.timestamp(this.#index);
  }
  get key(): Uint8Array | null {
    return this.#batch.key(this.#index);
  }
  get value(): Uint8Array | null {
    return this.#batch.value(this.#index);
  }
  get headers(): readonly Header[] {
    return this.#batch.headers(this.#index);
  }
  get topic(): string {
    return this.#batch.topic(this.#index);
  }
  get partition(): number {
    return this.#batch.partition(this.#index);
  }
}

/** The value of the last header of that name (Connect's `lastWithName`); undefined when there is none. */
export function lastHeader(batch: Batch, i: number, name: string): Uint8Array | null | undefined {
  const headers = batch.headers(i);
  for (let h = headers.length - 1; h >= 0; h--) {
    const header = headers[h];
    if (header !== undefined && header.key === name) return header.value;
  }
  return undefined;
}

/** Bytes of keys and values, for accounting. */
export function batchBytes(batch: Batch): number {
  let bytes = 0;
  for (let i = 0; i < batch.length; i++) bytes += (batch.key(i)?.length ?? 0) + (batch.value(i)?.length ?? 0);
  return bytes;
}

/** A record given as an object: input of tests, and what transforms put in a record's place. */
export interface PlainRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly Header[];
}

const NO_HEADERS: readonly Header[] = [];

/** A batch over an array of record objects, in ascending order of offset. */
export function batchOf(lane: Lane, records: readonly PlainRecord[]): Batch {
  const at = (i: number): PlainRecord => {
    const record = records[i];
    if (record === undefined) throw new RangeError(`no record ${i} in a batch of ${records.length}`);
    return record;
  };
  return {
    lane,
    length: records.length,
    offset: (i) => at(i).offset,
    timestamp: (i) => at(i).timestamp,
    key: (i) => at(i).key,
    value: (i) => at(i).value,
    headers: (i) => at(i).headers ?? NO_HEADERS,
    topic: () => lane.topic,
    partition: () => lane.partition,
  };
}
