import type { ErrorPolicy } from "@tandem-cdc/core";
import type { Config } from "../config/schema.ts";

/** What becomes of records at fault, by a configuration. */
export function errorPolicy({ errors, instance, name }: Config): ErrorPolicy {
  const { deadLetter, tolerance } = errors;
  return {
    tolerance,
    reporter: { name, task: instance },
    ...(deadLetter === undefined ? {} : { deadLetterTopic: deadLetter.topic, deadLetterHeaders: deadLetter.headers }),
  };
}

/** How transforms are tried again. */
export function retryOf({ errors }: Config): { readonly timeoutMs: number; readonly delayMaxMs: number } {
  return { timeoutMs: errors.retryTimeoutMs, delayMaxMs: errors.retryDelayMaxMs };
}
