import { asError, TandemError } from "@tandem-cdc/core";
import { parse, stringify } from "lossless-json";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Sixteen digits in a row may be a whole number that a double cannot hold. */
const LONG_NUMBER = /\d{16}/;

function number(text: string): number | bigint {
  if (!/^-?\d+$/.test(text)) return Number(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

export function jsonText(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch (cause) {
    throw new TandemError("RECORD_MALFORMED", "the payload is not JSON: it is not UTF-8", { cause });
  }
}

/** Whole numbers beyond the safe ones become BigInts. */
export function parseJson(text: string): unknown {
  try {
    return LONG_NUMBER.test(text)
      ? parse(text, null, { parseNumber: number, onDuplicateKey: ({ newValue }) => newValue })
      : (JSON.parse(text) as unknown);
  } catch (thrown) {
    throw new TandemError("RECORD_MALFORMED", `the payload is not JSON: ${asError(thrown).name}`);
  }
}

/** Text of a value made of null, booleans, numbers, BigInts, texts, lists and objects. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (thrown) {
    // A BigInt, most likely.
    const text = stringify(value);
    if (text === undefined) throw thrown;
    return text;
  }
}

export function jsonBytes(text: string): Uint8Array {
  return encoder.encode(text);
}
