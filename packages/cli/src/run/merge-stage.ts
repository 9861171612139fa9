import { TandemError, type Transform } from "@tandem-cdc/core";
import { merge } from "@tandem-cdc/dedup";
import type { Config } from "../config/schema.ts";

/** The only stage of `dedup.mode: merge`. Expressions among the input's topics never match an output; names may. */
export function mergeStage({ dedup, input, output }: Pick<Config, "dedup" | "input" | "output">): Transform {
  const { merge: rule, sources } = dedup;
  if (rule === undefined || sources === undefined)
    throw new TandemError("CONFIG_INVALID", "dedup.mode: merge needs dedup.merge and dedup.sources");
  const isInput = (topic: string): boolean => input.topics.includes(output.prefix + topic);
  return merge({ ...rule, header: sources.header, isInput });
}
