import type { PayloadContext } from "../codec.ts";
import type { DataValue, Schema } from "./schema.ts";

/** A decoded payload. Without a schema (`null`) the value speaks for itself. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: DataValue;
}

/** Where something that is to be encoded goes: `topic` is the output's. */
export interface EncodeContext extends PayloadContext {
  /** The bytes that the record had there before, or in its other part if there were none: they tell its format. */
  readonly original?: Uint8Array | null;
}

/** Something that is to be encoded. */
export interface ToEncode extends SchemaAndValue {
  readonly context: EncodeContext;
}

/**
 * Kafka Connect's Converter: payload bytes to schema and value, and back. `toConnectData` and `fromConnectData` throw a
 * `TandemError` of code RECORD_MALFORMED on what they cannot read or write; they never hang on it, and their memory is
 * bounded by the payload's length.
 */
export interface Converter {
  readonly name: string;
  /**
   * Fetches what payloads need before they can be read; undefined when nothing is missing. Rejects with a retriable error
   * while it cannot be had.
   */
  prepare?(payloads: readonly (Uint8Array | null)[], signal: AbortSignal): Promise<void> | undefined;
  toConnectData(payload: Uint8Array | null, context: PayloadContext): SchemaAndValue;
  /** The same for what is to be written: registers schemas that are new. */
  prepareSchemas?(items: readonly ToEncode[], signal: AbortSignal): Promise<void> | undefined;
  /** `context.topic` is the topic that the record goes to. Null stays null: a tombstone. */
  fromConnectData(data: SchemaAndValue, context: EncodeContext): Uint8Array | null;
}
