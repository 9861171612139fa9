import type { Clock } from "../clock.ts";
import { asError, isRetriable } from "../errors.ts";
import type { PipelineEvent } from "../observer.ts";

export const RETRY_MS = 200;

/** Tries again for as long as the error says that this can help. */
export async function patiently<T>(
  { clock, emit }: { readonly clock: Clock; readonly emit: (event: PipelineEvent) => void },
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let delay = RETRY_MS; ; delay = Math.min(delay * 2, 10_000)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      if (!isRetriable(thrown)) throw thrown;
      emit({ type: "stalled", lane: null, error: asError(thrown), retryInMs: delay });
      await clock.sleep(delay, signal);
    }
  }
}
