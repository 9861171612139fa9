import {
  findPredicate,
  findTransform,
  type Found,
  type PredicateDefinition,
  type TransformDefinition,
  unknownType,
} from "@tandem-cdc/transforms";
import { z } from "zod";
import { filledText, flag, label } from "../values.ts";

/** A predicate of the configuration. */
export interface PredicateConfig {
  readonly name: string;
  readonly type: string;
  /** As the file has them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Null: a module of somebody's own. */
  readonly found: Found<PredicateDefinition> | null;
}

/** A transform of the configuration. */
export interface TransformConfig {
  readonly name: string;
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly found: Found<TransformDefinition> | null;
  readonly predicate?: string;
  readonly negate: boolean;
}

/** Names that stages of ours have. */
const TAKEN = ["dedup", "merge", "transforms", "output", "converter"];

const stepShape = z.looseObject({
  name: label(100).exactOptional().describe("Names it in errors, dead letters and metrics. Default: made of its type."),
  type: filledText().describe(
    "A built-in transform such as `MaskField` (of the key: `MaskField$Key`), its Java class as Connect's configurations have it, or a module of your own: a path relative to this file or a package, whose default export `defineTransform` made. Its options follow beside it, under Connect's names.",
  ),
  predicate: filledText().exactOptional().describe("The predicate that says which records it is applied to."),
  negate: flag().default(false).describe("Applies it to the other records."),
});

const predicateShape = z.looseObject({
  type: filledText().describe(
    "A built-in predicate such as `TopicNameMatches`, its Java class, or a module of your own. Its options follow beside it.",
  ),
});

/** A path, or what may be a package: something that is no name of ours nor looks like a Java class. */
function isOwn(type: string): boolean {
  return /^[./@]/.test(type) || /^[a-z0-9]+(?:-[a-z0-9.]+)*(?:\/.*)?$/.test(type);
}

type Definition = TransformDefinition | PredicateDefinition;

/** Checks options against their declaration; problems are told under the option's own key. */
function checkOptions(
  { definition, options }: { readonly definition: Definition; readonly options: unknown },
  path: readonly PropertyKey[],
  context: z.RefinementCtx,
): void {
  const result = definition.options.safeParse(options);
  if (result.success) return;
  for (const issue of result.error.issues) {
    if (issue.code === "unrecognized_keys")
      for (const key of issue.keys)
        context.addIssue({
          code: "custom",
          path: [...path, key],
          message: `is no option of ${definition.type}; known: ${optionNames(definition).join(", ") || "none"}`,
        });
    else if (issue.code === "invalid_type" && issue.input === undefined && isMissing(options, issue.path))
      context.addIssue({ code: "custom", path: [...path, ...issue.path], message: "is missing" });
    else context.addIssue({ code: "custom", path: [...path, ...issue.path], message: issue.message });
  }
}

function isMissing(options: unknown, path: readonly PropertyKey[]): boolean {
  return path.length === 1 && !Object.hasOwn(options as object, path[0] ?? "");
}

function optionNames({ options }: Definition): readonly string[] {
  const { shape } = options as { readonly shape?: Readonly<Record<string, unknown>> };
  return Object.keys(shape ?? {});
}

/** `org.example.MaskField$Value` -> `maskField`. */
function nameOf(type: string, used: ReadonlySet<string>): string {
  const last =
    (type.split("$")[0] ?? "")
      .replace(/\.[cm]?[jt]s$/, "")
      .split(/[./]/)
      .at(-1) ?? "transform";
  const base = (last.charAt(0).toLowerCase() + last.slice(1)).replace(/[^A-Za-z0-9._-]/g, "-") || "transform";
  let name = base;
  for (let n = 2; used.has(name) || TAKEN.includes(name); n++) name = `${base}${n}`;
  return name;
}

function parsedOr<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: readonly PropertyKey[],
  context: z.RefinementCtx,
): T | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue, path: [...path, ...issue.path] });
  return null;
}

export const transforms = z
  .unknown()
  .transform((given, context): readonly TransformConfig[] => {
    if (!Array.isArray(given)) {
      context.addIssue({
        code: "custom",
        message:
          "has to be a list of transforms { type, ... }, or Connect's names with properties transforms.<name>.type",
      });
      return z.NEVER;
    }
    const used = new Set<string>();
    return given.flatMap((each: unknown, i): TransformConfig[] => {
      const step = parsedOr(stepShape, typeof each === "string" ? { type: each } : each, [i], context);
      if (step === null) return [];
      const { name: named, negate, predicate, type, ...options } = step;
      const name = named ?? nameOf(type, used);
      if (used.has(name) || TAKEN.includes(name))
        context.addIssue({
          code: "custom",
          path: [i, "name"],
          message: used.has(name) ? "names a transform twice" : "is the name of a stage of ours: choose another",
        });
      used.add(name);
      const found = findTransform(type) ?? null;
      if (found === null && !isOwn(type))
        context.addIssue({ code: "custom", path: [i, "type"], message: unknownType("transform", type).message });
      if (found !== null) checkOptions({ definition: found.definition, options }, [i], context);
      return [{ name, type, options, found, negate, ...(predicate === undefined ? {} : { predicate }) }];
    });
  })
  .prefault([])
  .describe(
    "What else happens to records, after dedup, in this order: a list, or Connect's own properties (`transforms: unwrap,route` with `transforms.unwrap.type: ...`, or such lines pasted as they are).",
  )
  .meta({ shown: "list of transforms, or Connect's names", fields: stepShape });

export const predicates = z
  .unknown()
  .transform((given, context): readonly PredicateConfig[] => {
    const groups = parsedOr(z.record(z.string(), z.unknown()), given, [], context) ?? {};
    return Object.entries(groups).flatMap(([name, each]): PredicateConfig[] => {
      const group = parsedOr(predicateShape, typeof each === "string" ? { type: each } : each, [name], context);
      if (group === null) return [];
      const { type, ...options } = group;
      const found = findPredicate(type) ?? null;
      if (found === null && !isOwn(type))
        context.addIssue({ code: "custom", path: [name, "type"], message: unknownType("predicate", type).message });
      if (found !== null) checkOptions({ definition: found.definition, options }, [name], context);
      return [{ name, type, options, found }];
    });
  })
  .prefault({})
  .describe("Conditions for transforms, by name: `{ <name>: { type, ... } }`, or Connect's own properties.")
  .meta({ shown: "predicates by name" });

interface Named {
  readonly transforms: readonly TransformConfig[];
  readonly predicates: readonly PredicateConfig[];
}

/** Predicates that are asked for and not there. */
export function predicateProblems({ predicates: there, transforms: steps }: Named) {
  const names = there.map(({ name }) => name);
  const known = `known: ${names.join(", ") || "none, since predicates is empty"}`;
  return steps.flatMap(({ predicate }, i) =>
    predicate === undefined || names.includes(predicate)
      ? []
      : [{ path: ["transforms", i, "predicate"], message: `names no predicate; ${known}` }],
  );
}
