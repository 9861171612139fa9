import { type Batch, type PayloadFormat, TandemError } from "@tandem-cdc/core";

/** Reads keys that are no text. What cannot be decoded stays as it is. */
export function keysOf(format: PayloadFormat, signal: AbortSignal): (record: Batch) => Promise<Uint8Array | null> {
  const whole = format.project("key", [""]);
  return async (record) => {
    const key = record.key(0);
    if (key === null) return null;
    try {
      await whole.prepare?.(record, signal);
      whole.read(key);
      return whole.bytes(0);
    } catch (thrown) {
      if (!(thrown instanceof TandemError)) throw thrown;
      return key;
    }
  };
}
