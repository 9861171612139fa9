import { type Batch, lastHeader } from "@tandem-cdc/core";

const decoder = new TextDecoder();

/** The connector that a header of the record names. */
export function sourceOf(batch: Batch, i: number, header: string | undefined): string | undefined {
  const value = header === undefined ? undefined : lastHeader(batch, i, header);
  return value === undefined || value === null || value.length === 0 ? undefined : decoder.decode(value).slice(0, 200);
}
