import { DATE, DECIMAL, sameSchema, type Schema, TandemError, TIME, TIMESTAMP } from "@tandem-cdc/core";
import { defaultToJson, type Json } from "./defaults.ts";
import {
  ANY_PRECISION,
  DEFAULT_NAME,
  ENUM,
  ENUM_DOC,
  FIELD_DEFAULT,
  FIELD_DOC,
  FIXED_SIZE,
  INTERNAL_TYPE,
  MAP_ENTRY,
  NAMESPACE,
  PRECISION,
  RECORD_DOC,
  splitName,
  UNION,
} from "./names.ts";
import { scaleOf } from "./values.ts";

type Attributes = Readonly<Record<string, Json>>;

/**
 * The Avro schema of Connect's, as JSON in text: the same text for equal schemas. The whole value is never null (that is a
 * tombstone), so whether its schema is optional has no say.
 */
export function deriveSchema(schema: Schema): string {
  return textOf(new Derivation().typeOf(schema, ""));
}

const LOGICAL: Readonly<Record<string, string>> = {
  [DECIMAL]: "decimal",
  [DATE]: "date",
  [TIME]: "time-millis",
  [TIMESTAMP]: "timestamp-millis",
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function unwritable(what: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `the schema cannot be written as Avro: ${what}`);
}

/** One schema's way to Avro: a named type is defined once, and named from then on. */
class Derivation {
  readonly #named = new Map<string, Schema>();
  readonly #entries: Schema[] = [];
  #unnamed = 0;

  /** Without regard to whether it is optional. `space`: the namespace around. */
  typeOf(schema: Schema, space: string): Json {
    switch (schema.type) {
      case "int8":
      case "int16":
        return attributed("int", schema, { "connect.type": schema.type });
      case "int32":
        return attributed("int", schema);
      case "int64":
        return attributed("long", schema);
      case "float32":
        return attributed("float", schema);
      case "float64":
        return attributed("double", schema);
      case "boolean":
        return attributed("boolean", schema);
      case "string":
        return schema.parameters?.[ENUM] === undefined ? attributed("string", schema) : this.#enum(schema, space);
      case "bytes":
        return this.#bytes(schema, space);
      case "array":
        return completed({ type: "array", items: this.#optional(inner(schema.valueSchema), space) }, schema);
      case "map":
        return this.#map(schema, space);
      case "struct":
        break;
    }
    return schema.name === UNION ? this.#union(schema, space) : this.#struct(schema, space);
  }

  #optional(schema: Schema, space: string): Json {
    const type = this.typeOf(schema, space);
    // A union has its null itself.
    if (!schema.optional || Array.isArray(type)) return type;
    return schema.default === undefined || schema.default === null ? ["null", type] : [type, "null"];
  }

  #bytes(schema: Schema, space: string): Json {
    const size = schema.parameters?.[FIXED_SIZE];
    if (schema.name === DECIMAL) {
      const precision = Number(schema.parameters?.[PRECISION] ?? ANY_PRECISION);
      return completed({ type: "bytes", scale: scaleOf(schema), precision }, schema);
    }
    if (size === undefined || schema.name === undefined) return attributed("bytes", schema);
    return this.#define(schema.name, schema, space, () => ({ type: "fixed", size: Number(size) }));
  }

  #enum(schema: Schema, space: string): Json {
    const { parameters = {} } = schema;
    const full = parameters[ENUM] as string;
    const doc = parameters[ENUM_DOC + splitName(full)[1]];
    const symbols = Object.keys(parameters)
      .filter((name) => name.startsWith(`${ENUM}.`))
      .map((name) => parameters[name] as string);
    return this.#define(full, schema, space, () => ({ type: "enum", ...(doc === undefined ? {} : { doc }), symbols }));
  }

  #map(schema: Schema, space: string): Json {
    const [key, value] = [inner(schema.keySchema), inner(schema.valueSchema)];
    if (key.type === "string" && !key.optional && key.parameters?.[ENUM] === undefined)
      return completed({ type: "map", values: this.#optional(value, space) }, schema);
    const entry: Schema = {
      type: "struct",
      optional: false,
      fields: [
        { name: "key", schema: key },
        { name: "value", schema: value },
      ],
    };
    let full = schema.name;
    if (full === undefined) {
      let at = this.#entries.findIndex((each) => sameSchema(each, entry));
      if (at < 0) at = this.#entries.push(entry) - 1;
      full = `${NAMESPACE}.${MAP_ENTRY}${at === 0 ? "" : at + 1}`;
    }
    const told: Attributes = full === `${NAMESPACE}.${MAP_ENTRY}` ? {} : { [INTERNAL_TYPE]: MAP_ENTRY };
    const items = this.#define(full, entry, space, (own) => ({ type: "record", ...this.#fields(entry, own), ...told }));
    return completed({ type: "array", items }, schema);
  }

  #union({ fields = [], optional }: Schema, space: string): Json {
    const branches = fields.map((field) => this.typeOf(field.schema, space));
    return optional ? ["null", ...branches] : branches;
  }

  #struct(schema: Schema, space: string): Json {
    const doc = schema.parameters?.[RECORD_DOC];
    const full = schema.name ?? `${DEFAULT_NAME}${++this.#unnamed === 1 ? "" : this.#unnamed}`;
    return this.#define(full, schema, space, (own) => ({
      type: "record",
      ...(doc === undefined ? {} : { doc }),
      ...this.#fields(schema, own),
    }));
  }

  #fields({ fields = [], parameters }: Schema, space: string): Attributes {
    return {
      fields: fields.map(({ name, schema }): Attributes => {
        if (!NAME.test(name))
          throw unwritable(
            `a field has the name "${name}". Avro's have letters, digits and _ only: ` +
              'rename it (ReplaceField), or give Flatten the delimiter "_"',
          );
        const doc = parameters?.[FIELD_DOC + name];
        return {
          name,
          type: this.#optional(schema, space),
          ...(doc === undefined ? {} : { doc }),
          ...(schema.default !== undefined && schema.default !== null
            ? { default: defaultToJson(schema, schema.default) }
            : schema.optional
              ? { default: null }
              : {}),
        };
      }),
    };
  }

  #define(full: string, schema: Schema, space: string, make: (space: string) => Attributes): Json {
    const [namespace, name] = splitName(full);
    const known = this.#named.get(full);
    if (known !== undefined) {
      if (sameSchema(bare(known), bare(schema))) return full;
      throw unwritable(
        `two types that differ have the name ${full}: give one another name (SetSchemaMetadata names the whole value; ` +
          "what a transform makes of a part of it may stay without a name)",
      );
    }
    if (!NAME.test(name))
      throw unwritable(`"${full}" is no name. Avro's have letters, digits and _: SetSchemaMetadata`);
    this.#named.set(full, schema);
    const { type, ...rest } = make(namespace);
    const told = { type: type as Json, name, ...(namespace === "" && space === "" ? {} : { namespace }), ...rest };
    return completed(told, schema);
  }
}

function inner(schema: Schema | undefined): Schema {
  if (schema === undefined) throw unwritable("a list or a map does not say what it holds");
  return schema;
}

/** What a named type is, wherever it stands. */
function bare(schema: Schema): Schema {
  const rest: { default?: unknown } & Omit<Schema, "default"> = { ...schema };
  delete rest.default;
  return { ...rest, optional: false, parameters: toldParameters(schema.parameters) } as Schema;
}

function toldParameters(parameters: Schema["parameters"] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== FIELD_DEFAULT));
}

/** Avro's own word for a type, or an object where there is more to say. */
function attributed(type: string, schema: Schema, more: Attributes = {}): Json {
  const all = completed({ type }, schema, more);
  return Object.keys(all).length === 1 ? type : all;
}

function completed(type: Attributes, schema: Schema, more: Attributes = {}): Attributes {
  const { doc, name, version } = schema;
  const parameters = toldParameters(schema.parameters);
  const preset = schema.parameters?.[FIELD_DEFAULT] === undefined ? schema.default : undefined;
  const logicalType = name !== undefined && Object.hasOwn(LOGICAL, name) ? LOGICAL[name] : undefined;
  return {
    ...type,
    ...(doc === undefined ? {} : { "connect.doc": doc }),
    ...(version === undefined ? {} : { "connect.version": version }),
    ...(Object.keys(parameters).length === 0 ? {} : { "connect.parameters": parameters }),
    ...(preset === undefined || preset === null ? {} : { "connect.default": defaultToJson(schema, preset) }),
    ...(name === undefined ? {} : { "connect.name": name }),
    ...more,
    ...(logicalType === undefined ? {} : { logicalType }),
  };
}

/** JSON has no BigInts, yet numbers of any length. */
function textOf(json: Json): string {
  if (typeof json === "bigint") return String(json);
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(textOf).join(",")}]`;
  return `{${Object.entries(json)
    .map(([name, each]) => `${JSON.stringify(name)}:${textOf(each)}`)
    .join(",")}}`;
}
