import { TandemError } from "@tandem-cdc/core";

export function unidentifiable(why: string, cause?: unknown): TandemError {
  return new TandemError("RECORD_UNIDENTIFIABLE", why, cause === undefined ? {} : { cause });
}

/** What is wrong with one record rejects that record; what concerns the lane is thrown on. */
export function rejectionOf(thrown: unknown): TandemError {
  if (thrown instanceof TandemError && thrown.code.startsWith("RECORD_")) return thrown;
  throw thrown;
}
