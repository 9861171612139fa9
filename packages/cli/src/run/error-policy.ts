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

/** Of the topics that are created where they are missing. */
export function replicationFactors({ errors: { deadLetter } }: Config): ReadonlyMap<string, number> {
  const factor = deadLetter?.replicationFactor;
  return new Map(deadLetter === undefined || factor === undefined ? [] : [[deadLetter.topic, factor]]);
}
