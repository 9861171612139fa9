import type { Batch } from "@tandem-cdc/core";
import type { Converters } from "./record.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Lets the converters fetch what they need to read the batch. */
export function prepare(batch: Batch, converters: Converters, signal: AbortSignal): Promise<void> {
  return unlessAborted(prepared(batch, converters, signal), signal);
}

async function prepared(batch: Batch, { key, value }: Converters, signal: AbortSignal): Promise<void> {
  const all = (of: (i: number) => Uint8Array | null): readonly (Uint8Array | null)[] =>
    Array.from({ length: batch.length }, (_, i) => of(i));
  if (key.prepare !== undefined)
    await key.prepare(
      all((i) => batch.key(i)),
      signal,
    );
  if (value.prepare !== undefined)
    await value.prepare(
      all((i) => batch.value(i)),
      signal,
    );
}
