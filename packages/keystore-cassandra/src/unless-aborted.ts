/** Whom to tell, by signal: a lane has one signal and many statements, and a signal warns of more than ten listeners. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function waitingFor(signal: AbortSignal): Set<() => void> {
  const known = waiting.get(signal);
  if (known !== undefined) return known;
  const told = new Set<() => void>();
  waiting.set(signal, told);
  signal.addEventListener("abort", () => told.forEach((tell) => tell()), { once: true });
  return told;
}

/** The answer, or the signal's reason as soon as it aborts: a statement that was sent cannot be called back. */
export function unlessAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const tell = (): void => reject(signal.reason as Error);
    if (signal.aborted) tell();
    const told = waitingFor(signal).add(tell);
    answer.then(resolve, reject).finally(() => told.delete(tell));
  });
}
