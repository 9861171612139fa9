/** Where a payload stands in its record. */
export interface PayloadContext {
  readonly topic: string;
  readonly part: "key" | "value";
}

/** Turns payload bytes into values and back. `decode` throws on bytes that it cannot read; it never hangs on them. */
export interface Codec {
  readonly name: string;
  decode(bytes: Uint8Array, context: PayloadContext): unknown;
  encode(value: unknown, context: PayloadContext): Uint8Array;
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Plain JSON in UTF-8. */
export const jsonCodec: Codec = {
  name: "json",
  decode: (bytes) => JSON.parse(decoder.decode(bytes)) as unknown,
  encode: (value) => encoder.encode(JSON.stringify(value)),
};
