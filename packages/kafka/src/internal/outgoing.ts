import { isUtf8 } from "node:buffer";
import { type Header, TandemError } from "@tandem-cdc/core";
import type { MessageHeader } from "./rdkafka.ts";

/** A zero-length buffer with an address: the client would send `Buffer.alloc(0)` as null, a tombstone. */
const EMPTY = Buffer.from("x").subarray(0, 0);

/** Bytes as the client takes them, empty kept apart from null. */
export function outgoingBytes(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null) return null;
  if (bytes.length === 0) return EMPTY;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * The client passes header values as C strings in UTF-8: cut at the first NUL, invalid UTF-8 replaced, null turned into
 * "null". What would not survive is refused here, so that no byte is changed silently.
 */
export function outgoingHeaders(headers: readonly Header[]): MessageHeader[] | undefined {
  if (headers.length === 0) return undefined;
  return headers.map((header) => {
    const { key, value } = header;
    const problem = problemOf(header);
    if (value === null || problem !== null)
      throw new TandemError(
        "HEADER_NOT_REPRESENTABLE",
        `header "${key}" ${problem ?? "is null"}: node-rdkafka cannot send it unchanged. ` +
          "Encode or drop the header before Tandem (DropHeaders on the connector).",
      );
    return { [key]: Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8") };
  });
}

function problemOf({ key, value }: Header): string | null {
  // The client replaces what is not UTF-8 in a name on its way in.
  if (key === "__proto__" || key.includes("\0") || key.includes("\uFFFD"))
    return "has a name that the client cannot carry";
  if (value === null) return "is null";
  if (value.includes(0)) return "contains a NUL byte";
  return isUtf8(value) ? null : "is not UTF-8";
}

/** To the client, 0 means "now". */
export function outgoingTimestamp(timestamp: number): number {
  if (timestamp !== 0) return timestamp;
  throw new TandemError(
    "TIMESTAMP_NOT_REPRESENTABLE",
    "timestamp 0 (1970-01-01T00:00:00Z): node-rdkafka cannot send it unchanged.",
  );
}
