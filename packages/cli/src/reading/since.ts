import { TandemError } from "@tandem-cdc/core";
import { durationMs } from "../config/duration.ts";

/** How far back to read: `2d`, or `all`. */
export function sinceOf(text: string): number | "all" {
  if (text === "all") return "all";
  const ms = durationMs(text);
  if (ms === undefined || ms <= 0)
    throw new TandemError("CONFIG_INVALID", '--since: has to be a duration such as "2d", "36h" or "15m", or "all"');
  return ms;
}
