import { type IdentityStrategy, TandemError } from "@tandem-cdc/core";

export interface IdentityRule {
  /** Names of topics, or expressions that match them. */
  readonly topics: readonly (string | RegExp)[];
  readonly use: IdentityStrategy;
}

/** Strategies by topic: of the rules that match it, the first is in force. A topic that none matches stops its lanes. */
export function rules(list: readonly IdentityRule[]): IdentityStrategy {
  const forTopic = (topic: string): IdentityStrategy => {
    const rule = list.find(({ topics }) => topics.some((each) => matches(each, topic)));
    if (rule === undefined)
      throw new TandemError(
        "CONFIG_INVALID",
        `no identity rule is for topic "${topic}": add one to dedup.identity (use: pass and use: ignore are rules too), or leave the topic out of input.topics`,
      );
    return rule.use.forTopic?.(topic) ?? rule.use;
  };
  return {
    name: "rules",
    version: 1,
    forTopic,
    openLane: (context, state) => forTopic(context.lane.topic).openLane(context, state),
  };
}

function matches(each: string | RegExp, topic: string): boolean {
  // `search` minds no `lastIndex`, which `test` would.
  return typeof each === "string" ? each === topic : topic.search(each) >= 0;
}
