import { type Clock, isRetriable, systemClock } from "@tandem-cdc/core";

/** Connect's `errors.retry.timeout` and `errors.retry.delay.max.ms`. */
export interface RetryOptions {
  /** How long an operation that may succeed later is tried again; 0: not at all, -1: without end. */
  readonly timeoutMs: number;
  /** Longest wait between two tries. */
  readonly delayMaxMs: number;
  readonly clock?: Clock;
}

export const NO_RETRY: RetryOptions = { timeoutMs: 0, delayMaxMs: 60_000 };

const FIRST_DELAY_MS = 300;

/** An author's own error may say it as well. */
function mayBeTriedAgain(thrown: unknown): boolean {
  return (
    isRetriable(thrown) || (thrown instanceof Error && (thrown as { readonly retriable?: unknown }).retriable === true)
  );
}

/** Tries again what threw `error`, as long as that is retriable and there is time. Throws the last error. */
export async function tryAgain<T>(
  error: unknown,
  operation: () => T | Promise<T>,
  { clock = systemClock, delayMaxMs, timeoutMs }: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const end = timeoutMs < 0 ? Infinity : clock.now() + timeoutMs;
  let last = error;
  for (let delay = FIRST_DELAY_MS; mayBeTriedAgain(last) && !signal.aborted; delay *= 2) {
    const rest = end - clock.now();
    if (rest <= 0) break;
    await clock.sleep(Math.min(delay, delayMaxMs, rest), signal);
    if (signal.aborted) break;
    try {
      return await operation();
    } catch (thrown) {
      last = thrown;
    }
  }
  throw last;
}
