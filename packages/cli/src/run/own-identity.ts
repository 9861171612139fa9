import { type IdentityStrategy, TandemError } from "@tandem-cdc/core";
import { type OwnRule, RULE_WORDS } from "../config/identity.ts";
import { ownModule } from "./own-module.ts";

/** What an identity module exports as default: this, or a strategy itself. */
export type IdentityFactory = (
  options: Readonly<Record<string, unknown>>,
) => IdentityStrategy | Promise<IdentityStrategy>;

/** The strategy of a module of somebody else's making. `key`: the configuration's key that names it. */
export async function ownIdentity(rule: OwnRule, key: string, configFile: string): Promise<IdentityStrategy> {
  const { topics: _, use, ...options } = rule;
  const found = await ownModule(use, configFile, {
    key,
    as: "an identity strategy",
    known: RULE_WORDS,
    kind: "a strategy, or a function that makes one",
    fits: (each) => typeof each === "function" || isStrategy(each),
  });
  const made: unknown = typeof found === "function" ? await (found as IdentityFactory)(options) : found;
  if (!isStrategy(made))
    throw new TandemError(
      "CONFIG_INVALID",
      `${key}: the default export of ${use} has to be an IdentityStrategy (name, version, openLane), or a function of the options that returns one`,
    );
  return made;
}

function isStrategy(made: unknown): made is IdentityStrategy {
  if (typeof made !== "object" || made === null) return false;
  const { name, openLane, version } = made as Partial<IdentityStrategy>;
  return typeof name === "string" && Number.isSafeInteger(version) && typeof openLane === "function";
}
