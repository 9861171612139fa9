import { asError, TandemError } from "@tandem-cdc/core";
import { ConfigError } from "./config/problem.ts";
import { StoreRefusal } from "./run/store-refusal.ts";

/** What the command says of an error, and its exit code: 2 for a configuration, 1 for everything else. */
export function failureOf(thrown: unknown): { readonly text: string; readonly exitCode: number } {
  if (thrown instanceof ConfigError)
    return {
      text: [
        thrown.message,
        ...thrown.problems.map(({ key, message }) => `  ${key === "" ? "" : `${key}: `}${message}`),
      ].join("\n"),
      exitCode: 2,
    };
  const error = asError(thrown);
  const code = error instanceof TandemError ? ` ${error.code}` : "";
  const invalid = error instanceof TandemError && error.code === "CONFIG_INVALID" && !(error instanceof StoreRefusal);
  const debug = process.env["TANDEM_DEBUG"] === undefined ? "" : `\n${error.stack ?? ""}`;
  return {
    text: `tandem failed${code}: ${error.message}${debug}`,
    exitCode: invalid ? 2 : 1,
  };
}
