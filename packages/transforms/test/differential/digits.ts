import { isDeepStrictEqual } from "node:util";
import type { WireRecord } from "@tandem-cdc/testbed";
import { canonicalRecord } from "./canonical.ts";
import type { Fates } from "./harness.ts";

/** The difference "digits", if two results have no other: texts that are the same numbers in other digits. */
export function digitsDiffer({ java, ours }: Fates): string | undefined {
  if ("refused" in java || "refused" in ours) return undefined;
  if (typeof java.result === "boolean" || typeof ours.result === "boolean") return undefined;
  const [theirs, mine] = [java.result.map(read), ours.result.map(read)];
  return isDeepStrictEqual(theirs, mine) ? "digits" : undefined;
}

function read(record: WireRecord): unknown {
  const texts = (_: string, value: unknown): unknown =>
    typeof value === "string"
      ? value.replaceAll(/-?\d+\.\d+(E-?\d+)?/g, (number) => String(Math.fround(Number(number))))
      : value;
  return JSON.parse(JSON.stringify(canonicalRecord(record), texts));
}
