import { dirname, resolve } from "node:path";
import { z } from "zod";
import { isInstalled } from "./module-path.ts";
import type { Path } from "./problem.ts";
import { didYouMean } from "./suggestion.ts";
import { taken } from "./stores/taken.ts";
import { topicOf, topicTrouble } from "./topic-pattern.ts";
import { filledText, topic } from "./values.ts";

const topics = () =>
  z
    .array(topic)
    .min(1, "has to name at least one topic")
    .exactOptional()
    .describe(
      "In a list: the topics that the rule is for, by name or by regular expression between slashes. Of the rules that match a topic, the first is in force. Without, it is for every topic.",
    )
    .meta({ shown: "list of topics" });

const binlog = () =>
  z
    .enum(["one-server"])
    .exactOptional()
    .describe(
      "MySQL without GTIDs: `one-server` says that all connectors read the binlog of one and the same server, so that file and position identify a change.",
    );

/** A dot at an end, or two in a row, is a slip: such a field is there in no record. */
const path = filledText().refine(
  (text) => !text.split(".").includes(""),
  "has an empty part: paths are names with single dots between them, such as `order.id`",
);

const paths = (description: string) =>
  z.array(path).min(1, "has to name at least one").describe(description).meta({ shown: "list of texts" });

/** Rules by what they `use`; each is an object of its own, so that an option stands only where it means something. */
const RULES = {
  debezium: z.strictObject({ topics: topics(), use: z.literal("debezium"), binlog: binlog() }),
  mariadb: plain("mariadb"),
  mysql: z.strictObject({ topics: topics(), use: z.literal("mysql"), binlog: binlog() }),
  postgresql: plain("postgresql"),
  mongodb: plain("mongodb"),
  oracle: plain("oracle"),
  sqlserver: plain("sqlserver"),
  content: z.strictObject({
    topics: topics(),
    use: z.literal("content"),
    part: z
      .enum(["value", "after", "key"])
      .exactOptional()
      .describe("What of the record counts, beside its key. Default: `value`."),
    except: paths(
      "Fields of it that do not count, since they differ from copy to copy: paths such as `source.ts_ms`.",
    ).exactOptional(),
  }),
  fields: z.strictObject({
    topics: topics(),
    use: z.literal("fields"),
    fields: paths("Fields that together identify a change: `order.id` (of the value), `key`, `key.id`, `header.x`."),
  }),
  header: z.strictObject({
    topics: topics(),
    use: z.literal("header"),
    header: filledText().describe("Header whose value identifies the change."),
  }),
  pass: plain("pass"),
  ignore: plain("ignore"),
};

function plain<T extends string>(use: T) {
  return z.strictObject({ topics: topics(), use: z.literal(use) });
}

export type BuiltInRule = z.output<(typeof RULES)[keyof typeof RULES]>;

/** Options of somebody's own strategy are theirs: it takes what keys it likes. */
export interface OwnRule {
  readonly topics?: readonly string[];
  readonly use: string;
  readonly [option: string]: unknown;
}

export type IdentityRule = BuiltInRule | OwnRule;

export function isBuiltInRule(rule: IdentityRule): rule is BuiltInRule {
  return Object.hasOwn(RULES, rule.use);
}

export const RULE_WORDS: readonly string[] = Object.keys(RULES);

const documented = z.object({
  topics: topics(),
  use: z
    .string()
    .describe(
      "`debezium`: by the event's own connector. A connector's name: only that connector's events. `content`, `fields`, `header`: whatever the connector; tombstones are rejected, by `fields` and `header` where they lack what the rule reads: set `tombstones.on.delete=false` on the connectors, or `errors.tolerance: all`. `pass`: every record goes on, copies too. `ignore`: none does. " +
        '`"./my-identity.js"` (relative to this file) or a package name: your own, whose default export is `(options) => IdentityStrategy`, or a strategy.',
    )
    .meta({ shown: [...RULE_WORDS, "a path or a package"].join(", ") }),
});

const own = z.looseObject({ topics: topics(), use: filledText() });

/** One rule, given as a group or as the word that it uses. */
function ruleOf(value: unknown, context: z.RefinementCtx, path: readonly PropertyKey[]): IdentityRule {
  const group = typeof value === "string" ? { use: value } : value;
  const { use } = (typeof group === "object" && group !== null ? group : {}) as { readonly use?: unknown };
  const known = typeof use === "string" && Object.hasOwn(RULES, use) ? RULES[use as keyof typeof RULES] : undefined;
  if (known !== undefined) return taken<z.ZodType<BuiltInRule>>(known, group, context, path);
  return taken(own, group, context, path);
}

const SHOWN = "word, rule, or list of rules";

export const identity = z
  .unknown()
  .transform((value, context): readonly IdentityRule[] => {
    if (!Array.isArray(value)) return [ruleOf(value, context, [])];
    if (value.length === 0) context.addIssue({ code: "custom", message: "needs at least one rule" });
    return value.map((each: unknown, i) => ruleOf(each, context, [i]));
  })
  .prefault("debezium")
  .describe(
    "What makes two records copies of one change: a word such as `debezium`, a rule `{ use, ... }`, or a list of rules `{ topics, use, ... }` that has something to say of every input topic.",
  )
  .meta({ shown: SHOWN, fields: documented, variants: RULES, by: "use" });

/** One rule that is in force for no topic and compared on every one. */
export const shadow = z
  .unknown()
  .transform((value, context): IdentityRule => {
    if (Array.isArray(value)) {
      context.addIssue({ code: "custom", message: "takes one rule, not a list" });
      return z.NEVER;
    }
    const rule = ruleOf(value, context, []);
    if (rule?.topics !== undefined)
      context.addIssue({
        code: "custom",
        path: ["topics"],
        message: "has no meaning here: it is compared on every topic",
      });
    return rule;
  })
  .exactOptional()
  .describe(
    "A second identity, given like a rule of `dedup.identity` without `topics`: computed beside the one in force, never acted upon. Where the two differ is counted, and a few samples are told, so that a change of identity can be made with evidence.",
  )
  .meta({ shown: "word or rule", variants: RULES, by: "use" });

/** Input topics, given by name, that no rule says anything of. */
export function unruled(rules: readonly IdentityRule[], inputs: readonly string[]): readonly string[] {
  const valid = (texts: readonly string[]): (string | RegExp)[] =>
    texts.filter((text) => topicTrouble(text) === undefined).map(topicOf);
  const saysOf = ({ topics: wanted }: IdentityRule, name: string): boolean =>
    wanted === undefined || valid(wanted).some((each) => (typeof each === "string" ? each === name : each.test(name)));
  return valid(inputs).filter(
    (input) => typeof input === "string" && !rules.some((rule) => saysOf(rule, input)),
  ) as string[];
}

/** Expressions that are plainly meant for every topic. */
const EVERYTHING = /^\/\^?\(?(?:\.[*+])?\)?\$?\/$/;

/** Places of the rules after one that is for every topic. */
export function deadRules(rules: readonly IdentityRule[]): readonly number[] {
  const last = rules.findIndex(({ topics: wanted }) => wanted?.some((text) => EVERYTHING.test(text)) ?? true);
  return last < 0 ? [] : rules.map((_, i) => i).slice(last + 1);
}

/** Rules of a document whose `use` is neither a word of ours nor a package beside the configuration. */
export function unknownUses(
  dedup: unknown,
  configFile: string,
): readonly { readonly path: Path; readonly message: string }[] {
  const { identity: rules, shadow: other } = (dedup ?? {}) as Readonly<Record<string, unknown>>;
  const places: readonly (readonly [Path, unknown])[] = [
    ...(Array.isArray(rules)
      ? rules.map((rule: unknown, i): readonly [Path, unknown] => [["dedup", "identity", i], rule])
      : [[["dedup", "identity"], rules] as const]),
    [["dedup", "shadow"], other],
  ];
  return places.flatMap(([at, rule]) => {
    const isWord = typeof rule === "string";
    const use = isWord ? rule : (rule as { readonly use?: unknown } | null | undefined)?.use;
    if (typeof use !== "string" || !/^[\w-]+$/.test(use) || RULE_WORDS.includes(use)) return [];
    if (isInstalled(use, configFile)) return [];
    const message = `has to be one of ${RULE_WORDS.join(", ")}, or the path or package of a module (no package of this name is installed in ${dirname(resolve(configFile))} or above)${didYouMean(use, RULE_WORDS)}`;
    return [{ path: isWord ? at : [...at, "use"], message }];
  });
}
