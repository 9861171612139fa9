import { setMaxListeners } from "node:events";

/** The answer; rejects when the signal is aborted or `timeoutMs` have passed before it is there. */
export async function answered<T>(answer: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
  let stopWaiting = (): void => {};
  const givenUp = new Promise<never>((_, reject) => {
    const aborted = (): void => reject(signal?.reason as Error);
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    // One batch asks many questions under one signal: their listeners are no leak, and Node would warn of one.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener("abort", aborted, { once: true });
    stopWaiting = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
  });
  try {
    return await Promise.race([answer, givenUp]);
  } finally {
    stopWaiting();
  }
}
