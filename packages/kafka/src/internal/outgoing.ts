import { isUtf8 } from "node:buffer";
import { type Batch, type Header, laneId, TandemError } from "@tandem-cdc/core";
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
export function outgoingHeaders(batch: Batch, i: number): MessageHeader[] | undefined {
  const headers = batch.headers(i);
  if (headers.length === 0) return undefined;
  return headers.map((header) => {
    const { key, value } = header;
    const problem = problemOf(header);
    if (value === null || problem !== null)
      throw new TandemError(
        "HEADER_NOT_REPRESENTABLE",
        `header "${key}" of record ${laneId(batch.lane)}@${batch.offset(i)} ${problem ?? "is null"}: node-rdkafka cannot send it unchanged. ` +
          "Encode or drop the header before Tandem (DropHeaders on the connector).",
      );
    return { [key]: Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8") };
  });
}

function problemOf({ key, value }: Header): string | null {
  if (key === "__proto__" || key.includes("\0")) return "has a name that the client cannot carry";
  if (value === null) return "is null";
  if (value.includes(0)) return "contains a NUL byte";
  return isUtf8(value) ? null : "is not UTF-8";
}
