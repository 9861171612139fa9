import { asError } from "@tandem-cdc/core";
import { isBuiltInRule } from "../config/identity.ts";
import type { Problem } from "../config/problem.ts";
import { redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { ownIdentity } from "./own-identity.ts";
import { stepsOf } from "./steps.ts";
import { ownStoreFactory } from "./own-store.ts";

/** What is wrong with the modules that a configuration names. Identities are made, which is pure; of a store nothing is opened. */
export async function moduleProblems(config: Config, configFile: string): Promise<readonly Problem[]> {
  const { identity, mode, shadow, store } = config.dedup;
  const safe = redacting(config);
  const problemOf = async (key: string, load: Promise<unknown>): Promise<readonly Problem[]> => {
    try {
      await load;
      return [];
    } catch (thrown) {
      const { message } = asError(thrown);
      // It may know the place better.
      const place = /^[\w.[\]-]+(?=: )/.exec(message)?.[0] ?? "";
      const known = place.startsWith(key) ? place : "";
      return [{ key: known || key, message: safe(known === "" ? message : message.slice(known.length + 2)) }];
    }
  };
  const steps = await problemOf("transforms", stepsOf(config, configFile));
  if (mode !== "claims") return steps;
  const problems = await Promise.all([
    ...identity.map((rule) =>
      isBuiltInRule(rule) ? [] : problemOf("dedup.identity", ownIdentity(rule, "dedup.identity", configFile)),
    ),
    shadow === undefined || isBuiltInRule(shadow)
      ? []
      : problemOf("dedup.shadow", ownIdentity(shadow, "dedup.shadow", configFile)),
    isBuiltIn(store) ? [] : problemOf("dedup.store.type", ownStoreFactory(store.type, configFile)),
  ]);
  return [...steps, ...problems.flat()];
}
