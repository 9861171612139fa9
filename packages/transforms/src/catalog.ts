import { TandemError } from "@tandem-cdc/core";
import * as connect from "./connect/index.ts";
import * as debezium from "./debezium/index.ts";
import { isDefinition, type PredicateDefinition, type TransformDefinition } from "./define.ts";
import * as predicates from "./predicates/index.ts";

const ALL = [connect, debezium, predicates]
  .flatMap((module) => Object.values(module).filter(isDefinition))
  .toSorted((a, b) => (a.type < b.type ? -1 : 1));

/** The built-in transforms. */
export const TRANSFORMS: readonly TransformDefinition[] = ALL.filter((each) => each.kind === "transform");

/** The built-in predicates. */
export const PREDICATES: readonly PredicateDefinition[] = ALL.filter((each) => each.kind === "predicate");

/** A definition, and the part of the record that its type names. */
export interface Found<D> {
  readonly definition: D;
  readonly part?: "key" | "value";
}

/** `MaskField`, `MaskField$Key`, or a Java class. */
export function findTransform(type: string): Found<TransformDefinition> | undefined {
  const [name = "", part] = type.split("$");
  const definition = TRANSFORMS.find((each) => each.type === name || each.aliases.includes(name));
  if (definition === undefined || type.split("$").length > 2) return undefined;
  if (part === undefined) return { definition };
  if (!definition.part || (part !== "Key" && part !== "Value")) return undefined;
  return { definition, part: part === "Key" ? "key" : "value" };
}

export function findPredicate(type: string): Found<PredicateDefinition> | undefined {
  const definition = PREDICATES.find((each) => each.type === type || each.aliases.includes(type));
  return definition === undefined ? undefined : { definition };
}

/** What to say of a type that is not known: with near names. */
export function unknownType(kind: "transform" | "predicate", type: string): TandemError {
  const known = (kind === "transform" ? TRANSFORMS : PREDICATES).flatMap(({ aliases, type: name }) =>
    [name].concat(aliases),
  );
  const short = simpleName(type);
  const near = [...new Set(known)]
    .map((name) => ({ name, distance: distance(simpleName(name).toLowerCase(), short.toLowerCase()) }))
    .filter(({ name, distance: far }) => far <= Math.max(2, Math.floor(simpleName(name).length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
  const advice =
    near.length > 0
      ? `did you mean ${near.join(" or ")}?`
      : `known: ${known.filter((name) => !name.includes(".")).join(", ")}`;
  return new TandemError(
    "CONFIG_INVALID",
    `"${type}" is no ${kind} that is known (${advice}; or give the path or package of a module of your own)`,
  );
}

function simpleName(type: string): string {
  return (type.split("$")[0] ?? "").split(".").at(-1) ?? "";
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
