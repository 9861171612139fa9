import { asError, isRetriable, systemClock } from "@tandem-cdc/core";

const MIN_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

export interface PatienceOptions {
  readonly signal: AbortSignal;
  readonly onWaiting: (error: Error, retryInMs: number) => void;
}

/**
 * Opens something that may not be there yet, trying again until it is. Rejects with what only a person can mend, and
 * with the signal's reason when it is aborted; what opens after that is closed.
 */
export async function patiently<T extends { close(): Promise<void> }>(
  open: () => Promise<T>,
  { onWaiting, signal }: PatienceOptions,
): Promise<T> {
  for (let delay = MIN_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    signal.throwIfAborted();
    const opening = open();
    try {
      return await unlessAborted(opening, signal);
    } catch (thrown) {
      if (signal.aborted) {
        void opening.then((opened) => opened.close()).catch(() => undefined);
        throw asError(signal.reason);
      }
      if (!isRetriable(thrown)) throw thrown;
      onWaiting(asError(thrown), delay);
      await systemClock.sleep(delay, signal);
    }
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(asError(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
