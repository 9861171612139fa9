import { createRequire } from "node:module";
import type { Plugin, PluginKind, PluginOption, PluginProblem } from "@tandem-cdc/admin";
import { PREDICATES, TRANSFORMS } from "@tandem-cdc/transforms";
import { identity } from "../config/identity.ts";
import { problemsOf } from "../config/issues.ts";
import { configSchema } from "../config/schema.ts";
import { defaultOf, fieldsOf, isOptional, metaOf, type Schema, wordsOf } from "../config/schema-shape.ts";
import { store } from "../config/stores/store.ts";

type Options = Readonly<Record<string, unknown>>;

/** Where a plugin stands in a configuration. */
interface Place {
  /** A configuration that is valid but for the plugin. */
  readonly document: (type: string, options: Options) => Options;
  /** Before the names of its options in a problem's key. */
  readonly prefix: string;
  /** Keys of the place, which are no options. */
  readonly own: readonly string[];
}

const BASE = { name: "validated", kafka: { "bootstrap.servers": "127.0.0.1:9092" }, input: { topics: ["validated"] } };

const PLACES: Readonly<Record<PluginKind, Place>> = {
  transform: {
    document: (type, options) => ({ ...BASE, transforms: [{ ...options, type }] }),
    prefix: "transforms[0]",
    own: ["name", "type", "predicate", "negate"],
  },
  predicate: {
    document: (type, options) => ({ ...BASE, predicates: { validated: { ...options, type } } }),
    prefix: "predicates.validated",
    own: ["type"],
  },
  store: {
    document: (type, options) => ({ ...BASE, dedup: { store: { ...options, type } } }),
    prefix: "dedup.store",
    own: ["type"],
  },
  identity: {
    document: (use, options) => ({ ...BASE, dedup: { identity: { ...options, use } } }),
    prefix: "dedup.identity",
    own: ["use"],
  },
};

/** Everything built in that a configuration may name. */
export function builtInPlugins(): readonly Plugin[] {
  const version = versionOf("@tandem-cdc/transforms");
  return [
    ...TRANSFORMS.map(({ aliases, doc, options, type }) =>
      pluginOf("transform", { type, schema: options, version, doc, aliases }),
    ),
    ...PREDICATES.map(({ aliases, doc, options, type }) =>
      pluginOf("predicate", { type, schema: options, version, doc, aliases }),
    ),
    ...variantsOf(store).map(([type, schema]) =>
      pluginOf("store", {
        type,
        schema,
        version: versionOf(type === "memory" ? "@tandem-cdc/dedup" : `@tandem-cdc/keystore-${type}`),
      }),
    ),
    ...variantsOf(identity).map(([type, schema]) =>
      pluginOf("identity", { type, schema, version: versionOf("@tandem-cdc/debezium") }),
    ),
  ];
}

function variantsOf(schema: Schema): readonly (readonly [string, Schema])[] {
  return Object.entries(metaOf(schema).variants ?? {});
}

interface Known extends Pick<Plugin, "type" | "version" | "doc" | "aliases"> {
  readonly schema: Schema;
}

function pluginOf(kind: PluginKind, { schema, ...known }: Known): Plugin {
  const options = optionsOf(schema).filter(({ name }) => !PLACES[kind].own.includes(name));
  const names = options.map(({ name }) => name);
  return { ...known, kind, options, validate: (given) => problemsIn(PLACES[kind], known.type, given, names) };
}

function optionsOf(schema: Schema): readonly PluginOption[] {
  return Object.entries(fieldsOf(schema) ?? {}).map(([name, field]) => optionOf(name, field));
}

function optionOf(name: string, field: Schema): PluginOption {
  const { description, shown } = metaOf(field);
  const value = defaultOf(field);
  return {
    name,
    type: wordsOf(field)?.join(", ") ?? shown ?? (fieldsOf(field) === undefined ? "text" : "group of keys"),
    required: value === undefined && !isOptional(field),
    ...(value === undefined ? {} : { default: value }),
    ...(description === undefined ? {} : { doc: description }),
  };
}

/** What a configuration with the plugin would be refused for, option by option. */
function problemsIn(place: Place, type: string, given: Options, names: readonly string[]): readonly PluginProblem[] {
  const strange = Object.keys(given).filter((name) => place.own.includes(name));
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => !strange.includes(name)));
  const document = place.document(type, options);
  const { error } = configSchema.safeParse(document);
  const found = problemsOf(error?.issues ?? [], { resolved: document, written: document });
  return [
    ...strange.map((option) => ({ option, message: "is no option: it stands beside them in a configuration" })),
    ...found.map(({ key, message }) => problemOf(key, message, place, names)),
  ];
}

function problemOf(key: string, message: string, { prefix }: Place, names: readonly string[]): PluginProblem {
  if (key === prefix) return { option: null, message };
  if (!key.startsWith(`${prefix}.`)) return { option: null, message: `${key}: ${message}` };
  const path = key.slice(prefix.length + 1);
  const within = names.find((name) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
  return names.includes(path) || within === undefined
    ? { option: path, message }
    : { option: within, message: `${path}: ${message}` };
}

const require = createRequire(import.meta.url);

function versionOf(name: string): string | null {
  try {
    return (require(`${name}/package.json`) as { readonly version: string }).version;
  } catch {
    return null;
  }
}
