import { TandemError } from "@tandem-cdc/core";

/**
 * Confluent's wire format: a zero byte, the schema's id in four bytes (big-endian), then the Avro body.
 */
export const HEADER_BYTES = 5;
const MAGIC = 0;

/** What is the matter with a payload, as the error that rejects its record. */
export function malformed(what: string, cause?: unknown): TandemError {
  return new TandemError("RECORD_MALFORMED", `the payload is not Avro of its schema: ${what}`, { cause });
}

/** Whether the payload looks like Avro in this format. JSON never does: it has no zero byte. */
export function isFramed(payload: Uint8Array): boolean {
  return payload.length >= HEADER_BYTES && payload[0] === MAGIC;
}

/** The id in the header of a payload that `isFramed`. */
export function schemaIdOf(payload: Uint8Array): number {
  const byte = (at: number): number => payload[at] ?? 0;
  return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0;
}

/** The schema's id; throws on anything that is not in this format. */
export function readSchemaId(payload: Uint8Array): number {
  if (!isFramed(payload))
    throw new TandemError(
      "RECORD_MALFORMED",
      "the payload is not Avro in Confluent's wire format (a zero byte, then the schema's id in four bytes): " +
        "is the converter of the connector another one, or another producer at work?",
    );
  return schemaIdOf(payload);
}

/** Header and body of a payload. */
export function framed(schemaId: number, body: Uint8Array): Uint8Array {
  const payload = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(payload.buffer).setUint32(1, schemaId);
  payload.set(body, HEADER_BYTES);
  return payload;
}
