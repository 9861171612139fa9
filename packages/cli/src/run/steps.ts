import { dirname, resolve } from "node:path";
import { TandemError } from "@tandem-cdc/core";
import {
  type ConfiguredPredicate,
  isDefinition,
  type PredicateDefinition,
  PREDICATES,
  type Step,
  type StepOptions,
  type TransformDefinition,
  TRANSFORMS,
} from "@tandem-cdc/transforms";
import type { Config } from "../config/schema.ts";
import type { PredicateConfig } from "../config/transforms/steps.ts";
import { ownModule } from "./own-module.ts";

/** The steps that a configuration names, with modules of somebody's own loaded. Nothing is opened. */
export async function stepsOf(
  { predicates, transforms }: Pick<Config, "predicates" | "transforms">,
  configFile: string,
): Promise<readonly Step[]> {
  const folder = dirname(resolve(configFile));
  const conditions = await Promise.all(
    predicates.map(async (each) => ({ each, definition: await predicateDefinition(each, configFile) })),
  );
  const made = new Map<string, ConfiguredPredicate>();
  const making = new Set<string>();
  const predicate = (name: string): ConfiguredPredicate => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const found = conditions.find(({ each }) => each.name === name);
    if (found === undefined || making.has(name))
      throw new TandemError(
        "CONFIG_INVALID",
        found === undefined ? `there is no predicate "${name}"` : `predicate "${name}" asks for itself`,
      );
    making.add(name);
    const configured = configuredAs(`predicates.${name}`, () =>
      found.definition(found.each.options, { name, folder, predicate }),
    );
    making.delete(name);
    made.set(name, configured);
    return configured;
  };
  for (const { each } of conditions) predicate(each.name);
  const steps: Step[] = [];
  for (const [i, { found, name, negate, options, predicate: condition, type }] of transforms.entries()) {
    const definition = found?.definition ?? (await transformDefinition(type, `transforms[${i}].type`, configFile));
    const part = found?.part;
    const step: StepOptions = { name, folder, predicate, ...(part === undefined ? {} : { part }) };
    const configured = configuredAs(`transforms[${i}]`, () => definition(options, step));
    steps.push({ ...configured, negate, ...(condition === undefined ? {} : { predicate: predicate(condition) }) });
  }
  return steps;
}

/** What is wrong with options is told with the key of the configuration that holds them. */
function configuredAs<T>(key: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof TandemError)) throw thrown;
    throw new TandemError("CONFIG_INVALID", `${key}: ${thrown.message}`, { cause: thrown });
  }
}

async function predicateDefinition(
  { found, name, type }: PredicateConfig,
  configFile: string,
): Promise<PredicateDefinition> {
  if (found !== null) return found.definition;
  return (await ownModule(type, configFile, {
    key: `predicates.${name}.type`,
    as: "a predicate",
    known: PREDICATES.map((each) => each.type),
    kind: "what definePredicate makes",
    fits: (each) => isDefinition(each) && each.kind === "predicate",
  })) as PredicateDefinition;
}

async function transformDefinition(type: string, key: string, configFile: string): Promise<TransformDefinition> {
  return (await ownModule(type, configFile, {
    key,
    as: "a transform",
    known: TRANSFORMS.map((each) => each.type),
    kind: "what defineTransform makes",
    fits: (each) => isDefinition(each) && each.kind === "transform",
  })) as TransformDefinition;
}
