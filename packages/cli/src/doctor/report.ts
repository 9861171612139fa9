import type { Status } from "./check.ts";
import type { Examined } from "./examine.ts";

const WIDTH = "failure".length;

/** A line for each finding, with what mends it below, and what it adds up to. */
export function reportLines(examined: readonly Examined[]): readonly string[] {
  const indent = " ".repeat(WIDTH + 2);
  const lines = examined.flatMap(({ fix, id, message, status }) => [
    `${status.padEnd(WIDTH)}  ${id}: ${message}`,
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
  ]);
  return [...lines, "", summary(examined)];
}

function summary(examined: readonly Examined[]): string {
  const count = (wanted: Status): number => examined.filter(({ status }) => status === wanted).length;
  const [failures, warnings] = [count("failure"), count("warning")];
  return `${count("ok")} ok, ${warnings} warning${warnings === 1 ? "" : "s"}, ${failures} failure${failures === 1 ? "" : "s"}, ${count("skipped")} skipped`;
}

/** Whether the command fails. */
export function isIll(examined: readonly Examined[], strict: boolean): boolean {
  return examined.some(({ status }) => status === "failure" || (strict && status === "warning"));
}
