import type { Step } from "./step.ts";

/** Opens what the steps have to open, each once, in order. What failed is tried again at the next call. */
export function opener(steps: readonly Partial<Step>[]): () => Promise<void> {
  const waiting = steps.flatMap(({ predicate, transform }) => [
    () => predicate?.open?.(),
    () => (typeof transform === "object" && "open" in transform ? transform.open?.() : undefined),
  ]);
  let underway: Promise<void> | undefined;
  const open = async (): Promise<void> => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      await next();
      waiting.shift();
    }
  };
  return () => (underway ??= open().finally(() => (underway = undefined)));
}
