import { PREDICATES, TRANSFORMS } from "@tandem-cdc/transforms";
import { z } from "zod";
import { configSchema } from "./schema.ts";
import { fieldsOf, isOptional, layers, metaOf, type Schema, defaultOf } from "./schema-shape.ts";

type Json = Readonly<Record<string, unknown>>;

const REFERENCE: Json = { type: "string", pattern: "\\$\\{(env|file):" };

/** JSON Schema of a configuration file, for editors. It takes a little more than `validate` does, and never less. */
export function configurationJsonSchema(): Json {
  const root = ofObject(configSchema);
  const properties = root["properties"] as Record<string, unknown>;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "https://tandem-cdc.dev/tandem.schema.json",
    title: "Tandem pipeline",
    ...root,
    properties: {
      ...properties,
      $schema: { type: "string" },
      transforms: {
        description: metaOf(configSchema.shape.transforms).description,
        anyOf: [
          { type: "string", description: "Connect's names, separated by commas, or properties" },
          { type: "array", items: step(TRANSFORMS) },
        ],
      },
      predicates: {
        description: metaOf(configSchema.shape.predicates).description,
        anyOf: [{ type: "string" }, { type: "object", additionalProperties: step(PREDICATES) }],
      },
    },
    patternProperties: {
      "^(transforms|predicates|errors)\\.": { type: ["string", "number", "boolean"] },
    },
  };
}

interface Declared {
  readonly type: string;
  readonly doc: string;
  readonly aliases: readonly string[];
  readonly options: Schema;
  readonly part?: boolean;
}

/** A transform or predicate: whose options are those of its type. */
function step(definitions: readonly Declared[]): Json {
  const types = (definition: Declared): readonly string[] =>
    [definition.type, ...definition.aliases].flatMap((name) =>
      definition.part === true ? [name, `${name}$Key`, `${name}$Value`] : [name],
    );
  return {
    anyOf: [
      { type: "string" },
      {
        type: "object",
        required: ["type"],
        properties: {
          name: { type: "string" },
          type: { anyOf: [{ enum: definitions.flatMap(types) }, { type: "string" }] },
          predicate: { type: "string" },
          negate: { type: ["boolean", "string"] },
        },
        allOf: definitions.map((definition) => ({
          if: { properties: { type: { enum: types(definition) } } },
          // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
          then: { description: definition.doc, properties: propertiesOf(definition.options) },
        })),
      },
    ],
  };
}

function propertiesOf(schema: Schema): Record<string, Json> {
  return Object.fromEntries(Object.entries(fieldsOf(schema) ?? {}).map(([name, field]) => [name, ofSchema(field)]));
}

function ofObject(schema: Schema): Json {
  const fields = Object.entries(fieldsOf(schema) ?? {});
  const required = fields
    .filter(([, field]) => !isOptional(field) && defaultOf(field) === undefined)
    .map(([name]) => name);
  return {
    type: "object",
    properties: propertiesOf(schema),
    ...(required.length === 0 ? {} : { required }),
    ...(isOpen(schema) ? {} : { additionalProperties: false }),
  };
}

/** Whether an object takes keys that it does not name. */
function isOpen(schema: Schema): boolean {
  const { fields, variants } = metaOf(schema);
  if (fields !== undefined || variants !== undefined) return true;
  return layers(schema).some((layer) => {
    const { def } = layer._zod as { def: { type: string; catchall?: Schema } };
    return def.type === "object" && def.catchall !== undefined && def.catchall._zod.def.type !== "never";
  });
}

function ofSchema(schema: Schema): Json {
  const { description, shown } = metaOf(schema);
  const said = description === undefined ? {} : { description };
  const value = defaultOf(schema);
  const byDefault = value === undefined || typeof value === "object" ? {} : { default: value };
  if (fieldsOf(schema) !== undefined) {
    const object = ofObject(schema);
    // A group that a word or a list may stand for.
    return { ...said, ...(shown === undefined ? object : { anyOf: [object, { type: ["string", "array"] }] }) };
  }
  return { ...said, ...byDefault, ...leaf(schema, shown) };
}

function leaf(schema: Schema, shown: string | undefined): Json {
  const made = z.toJSONSchema(schema as z.ZodType, {
    io: "output",
    unrepresentable: "any",
    override: ({ jsonSchema }) => delete jsonSchema.default,
  }) as Record<string, unknown>;
  const { $schema: _s, description: _d, shown: _n, default: _v, ...json } = made;
  if (shown?.startsWith("duration"))
    return { type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w)\\s*$|\\$\\{" };
  switch (json["type"]) {
    case "integer":
    case "number":
      return { anyOf: [json, { type: "string" }] };
    case "boolean":
      return { anyOf: [{ type: "boolean" }, { enum: ["true", "false"] }, REFERENCE] };
    case "string":
      return json["enum"] === undefined
        ? { type: ["string", "number", "boolean"] }
        : { anyOf: [{ enum: json["enum"] }, REFERENCE] };
    case "array":
      return { anyOf: [{ type: "array" }, { type: "string" }] };
    default:
      return {};
  }
}

/** The file that is published. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`;
}
