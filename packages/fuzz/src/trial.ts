import { getHeapStatistics } from "node:v8";
import type { Target } from "./target.ts";

/** What one input may take. Inputs have 4 KB at most. */
export const MAX_MS = 1_000;
export const MAX_BYTES: number = 128 << 20;

/** What an input did that none may do. */
export interface Finding {
  readonly kind: "error" | "slow" | "memory";
  readonly what: string;
}

/** Runs one input. Everything is well but an error that is not documented, and too much of time or memory. */
export async function tried(
  { allows }: Target,
  read: (input: Uint8Array) => unknown,
  input: Uint8Array,
): Promise<Finding | null> {
  const memory = held();
  const began = performance.now();
  try {
    await read(Uint8Array.from(input));
  } catch (thrown) {
    if (!allows(thrown))
      return { kind: "error", what: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
  const [ms, bytes] = [performance.now() - began, held() - memory];
  if (ms > MAX_MS) return { kind: "slow", what: `${Math.round(ms)} ms` };
  if (bytes > MAX_BYTES) return { kind: "memory", what: `${Math.round(bytes / 2 ** 20)} MB` };
  return null;
}

function held(): number {
  const { external_memory: external, used_heap_size: heap } = getHeapStatistics();
  return heap + external;
}
