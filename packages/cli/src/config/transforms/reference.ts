import {
  DIFFERENCES,
  type PredicateDefinition,
  PREDICATES,
  type TransformDefinition,
  TRANSFORMS,
} from "@tandem-cdc/transforms";
import { code, row } from "../markdown.ts";
import { defaultOf, fieldsOf, isOptional, metaOf, wordsOf } from "../schema-shape.ts";

type Definition = TransformDefinition | PredicateDefinition;

/** The reference page of the built-in transforms and predicates, made of their declarations. */
export function transformsPage(): string {
  const debezium = TRANSFORMS.filter(({ aliases }) => aliases.some((each) => each.startsWith("io.debezium")));
  return [
    "# Transforms and predicates",
    "<!-- made by npm run docs, of the declarations in packages/transforms -->",
    "How they are put into a pipeline: [configuration](configuration.md#transforms).",
    "Names, options and defaults are Kafka Connect's and Debezium's: each is compared with the Java original, case by case, in every test run. Where they differ on purpose, it is said [below](#differences).",
    "Transforms marked *of key or value* are for the value; `Name$Key` is for the key.",
    "## Kafka Connect's transforms",
    ...TRANSFORMS.filter((each) => !debezium.includes(each)).map(section),
    "## Debezium's transforms",
    ...debezium.map(section),
    "## Predicates",
    ...PREDICATES.map(section),
    "## Differences",
    "Deliberate, and the only ones that the differential tests let pass:",
    [
      row("transform", "what differs", "why"),
      row("---", "---", "---"),
      ...DIFFERENCES.map(({ transform, what, why }) => row(code(transform), what, why)),
    ].join("\n"),
    "",
  ].join("\n\n");
}

function section(definition: Definition): string {
  const { aliases, doc, options, type } = definition;
  const part = definition.kind === "transform" && definition.part ? " *Of key or value.*" : "";
  const stands = aliases.length === 0 ? [] : [`Stands in for ${aliases.map(code).join(", ")}.`];
  const rows = Object.entries(fieldsOf(options) ?? {}).map(([name, schema]) => {
    const { description = "", shown = "text" } = metaOf(schema);
    const value = defaultOf(schema);
    const fallback =
      value === undefined
        ? isOptional(schema)
          ? ""
          : "**needed**"
        : code(typeof value === "string" ? value : JSON.stringify(value));
    return row(code(name), wordsOf(schema)?.map(code).join(", ") ?? shown, fallback, description);
  });
  const table =
    rows.length === 0
      ? []
      : [[row("option", "value", "default", ""), row("---", "---", "---", "---"), ...rows].join("\n")];
  return [`### ${type}`, `${doc}${part}`, ...stands, ...table].join("\n\n");
}
