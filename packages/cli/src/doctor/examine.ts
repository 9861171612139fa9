import { asError } from "@tandem-cdc/core";
import { type Check, failure, type Finding, skipped, Unmet } from "./check.ts";
import type { Patient } from "./patient.ts";

const CHECK_MS = 10_000;

export interface Examined extends Finding {
  readonly id: string;
}

export interface ExamineOptions {
  readonly checks: readonly Check[];
  /** Takes secrets out of a text. */
  readonly safe: (text: string) => string;
  /** Told after each check which ones are still under way. */
  readonly progress?: (underWay: ReadonlySet<string>) => void;
}

/** Runs all checks at the same time, each for ten seconds at most. */
export async function examine(
  patient: Patient,
  { checks, progress = () => undefined, safe }: ExamineOptions,
): Promise<readonly Examined[]> {
  const underWay = new Set(checks.map(({ id }) => id));
  const found = await Promise.all(
    checks.map(async (check) => {
      const findings = await answerOf(check, patient);
      underWay.delete(check.id);
      progress(underWay);
      const clean = (text: string): string => safe(text).replaceAll(/\s*\n\s*/g, " ");
      return findings.map(({ fix, message, status }): Examined => {
        const line = { id: check.id, status, message: clean(message) };
        return fix === undefined ? line : Object.assign(line, { fix: clean(fix) });
      });
    }),
  );
  return found.flat();
}

async function answerOf(check: Check, patient: Patient): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const answer = failure(
      `it took more than ${CHECK_MS / 1_000} s`,
      "run the doctor again, where the servers are reached faster",
    );
    timer = setTimeout(() => resolve(answer), CHECK_MS);
  });
  try {
    return [await Promise.race([(async () => check.look(patient))(), late])].flat();
  } catch (thrown) {
    if (thrown instanceof Unmet) return [skipped(thrown.message)];
    return [failure(asError(thrown).message, "see what the message says, and run the doctor again")];
  } finally {
    clearTimeout(timer);
  }
}
