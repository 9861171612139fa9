import {
  type Batch,
  type Converter,
  type DataValue,
  type Header,
  type Lane,
  type PayloadContext,
  type RecordChange,
  type Schema,
  type SchemaAndValue,
  TandemError,
} from "@tandem-cdc/core";

/** How keys and values are encoded. */
export interface Converters {
  readonly key: Converter;
  readonly value: Converter;
}

/** Key or value of a record: its bytes until somebody asks, or what a transform made of it. */
class Payload {
  readonly bytes: Uint8Array | null | undefined;
  readonly #converter: Converter | null;
  readonly #context: PayloadContext | null;
  #data: SchemaAndValue | undefined;

  private constructor(
    bytes: Uint8Array | null | undefined,
    converter: Converter | null,
    context: PayloadContext | null,
    data: SchemaAndValue | undefined,
  ) {
    this.bytes = bytes;
    this.#converter = converter;
    this.#context = context;
    this.#data = data;
  }

  static read(bytes: Uint8Array | null, converter: Converter, context: PayloadContext): Payload {
    return new Payload(bytes, converter, context, undefined);
  }

  static made(data: SchemaAndValue): Payload {
    return new Payload(undefined, null, null, data);
  }

  get data(): SchemaAndValue {
    if (this.#data !== undefined) return this.#data;
    if (this.#converter === null || this.#context === null) throw new TypeError("a payload without bytes or data");
    this.#data = this.#converter.toConnectData(this.bytes ?? null, this.#context);
    return this.#data;
  }

  get isNull(): boolean {
    return this.bytes === undefined ? this.data.value === null : this.bytes === null;
  }
}

/** What a transform changes of a record; what is left out stays as it was. */
export interface RecordChanges {
  readonly topic?: string;
  readonly partition?: number;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  readonly headers?: readonly Header[];
  readonly key?: DataValue;
  /** Without it, a new key keeps the schema that the old one had. */
  readonly keySchema?: Schema | null;
  readonly value?: DataValue;
  /** Without it, a new value keeps the schema that the old one had. */
  readonly valueSchema?: Schema | null;
}

interface Place {
  readonly lane: Lane;
  readonly offset: number;
  readonly timestamp: number;
  readonly topic: string;
  readonly partition: number;
  readonly headers: readonly Header[];
}

/**
 * One record, decoded when somebody asks. It is never written into: `with` gives a changed one. A part that no
 * transform changed goes out with its very bytes.
 *
 * `key`, `value` and their schemas throw a `TandemError` of code RECORD_MALFORMED on bytes that cannot be decoded.
 */
export class ConnectRecord {
  /** As it was read. */
  readonly #read: Place;
  readonly #place: Place;
  readonly #key: Payload;
  readonly #value: Payload;

  private constructor(read: Place, place: Place, key: Payload, value: Payload) {
    this.#read = read;
    this.#place = place;
    this.#key = key;
    this.#value = value;
  }

  /** Record i of a batch. */
  static of(batch: Batch, i: number, converters: Converters): ConnectRecord {
    const { lane } = batch;
    const place: Place = {
      lane,
      offset: batch.offset(i),
      timestamp: batch.timestamp(i),
      topic: batch.topic(i),
      partition: batch.partition(i),
      headers: batch.headers(i),
    };
    return new ConnectRecord(
      place,
      place,
      Payload.read(batch.key(i), converters.key, { topic: lane.topic, part: "key" }),
      Payload.read(batch.value(i), converters.value, { topic: lane.topic, part: "value" }),
    );
  }

  /** Where it was read. */
  get lane(): Lane {
    return this.#place.lane;
  }
  /** Its coordinate: where in the lane it was read. */
  get offset(): number {
    return this.#place.offset;
  }
  /** Milliseconds since the epoch. */
  get timestamp(): number {
    return this.#place.timestamp;
  }
  /** Where it goes, without the output prefix. */
  get topic(): string {
    return this.#place.topic;
  }
  get partition(): number {
    return this.#place.partition;
  }
  get headers(): readonly Header[] {
    return this.#place.headers;
  }
  get key(): DataValue {
    return this.#key.data.value;
  }
  /** Null without a schema. */
  get keySchema(): Schema | null {
    return this.#key.data.schema;
  }
  get value(): DataValue {
    return this.#value.data.value;
  }
  /** Null without a schema. */
  get valueSchema(): Schema | null {
    return this.#value.data.schema;
  }
  /** True where the value is null; decodes nothing. */
  get isTombstone(): boolean {
    return this.#value.isNull;
  }

  /** Key or value, with its schema. */
  part(part: "key" | "value"): SchemaAndValue {
    return part === "key" ? this.#key.data : this.#value.data;
  }

  /** With another key or value. */
  withPart(part: "key" | "value", value: DataValue, schema: Schema | null): ConnectRecord {
    return part === "key" ? this.with({ key: value, keySchema: schema }) : this.with({ value, valueSchema: schema });
  }

  with(changes: RecordChanges): ConnectRecord {
    const { key, keySchema, value, valueSchema, ...place } = changes;
    for (const [name, given] of Object.entries(place)) checkPlace(name, given);
    return new ConnectRecord(
      this.#read,
      Object.keys(place).length === 0 ? this.#place : { ...this.#place, ...place },
      changed(this.#key, key, keySchema),
      changed(this.#value, value, valueSchema),
    );
  }

  /** Whether both were made of the same record that was read. */
  isOfOneWith(other: ConnectRecord): boolean {
    return this.#read === other.#read;
  }

  /** What has to be encoded. */
  made(part: "key" | "value"): SchemaAndValue | null {
    const payload = part === "key" ? this.#key : this.#value;
    return payload.bytes === undefined ? payload.data : null;
  }

  /** What differs from the record as it was read; null when nothing does. `encode` makes the bytes of new parts. */
  changes(encode: (part: "key" | "value") => Uint8Array | null): RecordChange | null {
    const { headers, partition, timestamp, topic } = this.#place;
    const read = this.#read;
    if (topic !== read.topic || partition !== read.partition) checkDestination(topic, partition);
    const change: RecordChange = {
      ...(this.#key.bytes === undefined ? { key: encode("key") } : {}),
      ...(this.#value.bytes === undefined ? { value: encode("value") } : {}),
      ...(headers === read.headers ? {} : { headers }),
      ...(partition === read.partition ? {} : { partition }),
      ...(timestamp === read.timestamp ? {} : { timestamp }),
      ...(topic === read.topic ? {} : { topic }),
    };
    return Object.keys(change).length === 0 ? null : change;
  }
}

function isHeader(header: unknown): boolean {
  const { key, value } = header as Partial<Header>;
  return typeof key === "string" && (value === null || value instanceof Uint8Array);
}

/** Of what no record can have, all transactions that it is in would fail. Where it goes is checked at the end. */
const PLACES: Readonly<Record<string, (given: unknown) => boolean>> = {
  topic: (given) => typeof given === "string",
  partition: Number.isSafeInteger,
  timestamp: Number.isInteger,
  headers: (given) => Array.isArray(given) && given.every(isHeader),
};

function checkPlace(name: string, given: unknown): void {
  if (PLACES[name]?.(given) === true) return;
  throw new TandemError(
    "TRANSFORM_FAILED",
    `record.with({ ${name} }) was given what no record can have: key, value and their schemas are data; topic is a text, partition and timestamp are whole numbers, and headers are { key: text, value: Uint8Array or null }`,
  );
}

/** Kafka's rule of topics' names, less what an output prefix takes. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

function checkDestination(topic: string, partition: number): void {
  if (TOPIC.test(topic) && partition >= 0) return;
  throw new TandemError(
    "TRANSFORM_FAILED",
    `a transform sends the record to partition ${partition} of topic "${topic.slice(0, 300)}", which cannot exist: a topic's name has letters, digits, ".", "_" and "-"`,
  );
}

function changed(payload: Payload, value: DataValue | undefined, schema: Schema | null | undefined): Payload {
  if (value === undefined && schema === undefined) return payload;
  const next: SchemaAndValue = {
    schema: schema === undefined ? payload.data.schema : schema,
    value: value === undefined ? payload.data.value : value,
  };
  // Nothing new: the bytes stay.
  if (payload.bytes !== undefined && next.value === payload.data.value && next.schema === payload.data.schema)
    return payload;
  return Payload.made(next);
}
