import type { Batch } from "./batch.ts";

/**
 * Reads a few fields of payloads, and leaves the rest undecoded. One view for record after record: `read` starts the
 * next one. Fields are told by their place in the list that the projection was made with.
 *
 * `read` and the field methods throw a `TandemError` of code RECORD_MALFORMED on bytes that are not what they should be.
 * They never hang, and their memory is bounded by the payload's length.
 */
export interface Projection {
  /**
   * Fetches what the payloads of a batch need before they can be read (the schemas that they name); undefined when nothing
   * is missing. Rejects with a retriable error while it cannot be had.
   */
  prepare?(batch: Batch, signal: AbortSignal): Promise<void> | undefined;
  read(payload: Uint8Array): void;
  /** Whether the field is there and not null. */
  has(field: number): boolean;
  /** Null when absent or null. Throws on anything that is not text. */
  text(field: number): string | null;
  /** A whole number, safe; null when absent or null. Throws on anything else. */
  integer(field: number): number | null;
  /**
   * The value as bytes that two copies share if they were written by converters of one kind. Cheap. Valid until the next
   * `read`. Null when absent or null.
   */
  bytes(field: number): Uint8Array | null;
  /**
   * The value as bytes that are equal exactly when the decoded values are: whatever the order of fields, the schema's id,
   * the notation of numbers. Valid until the next call of it. Null when absent or null.
   */
  canonical(field: number): Uint8Array | null;
}

export interface ProjectionOptions {
  /** Fields left out of what `canonical` gives, as paths from the payload's root. */
  readonly except?: readonly string[];
}

/** How payloads are encoded: what strategies read fields with, whatever the encoding. */
export interface PayloadFormat {
  readonly name: string;
  /** `fields`: paths from the payload's root, such as `source.gtid`; the empty path is the whole payload. */
  project(part: "key" | "value", fields: readonly string[], options?: ProjectionOptions): Projection;
}
