import { type ErrorCode, TandemError } from "@tandem-cdc/core";

/** Allows errors of these codes and no others. */
export const only =
  (...codes: readonly ErrorCode[]) =>
  (thrown: unknown): boolean =>
    thrown instanceof TandemError && codes.includes(thrown.code);
