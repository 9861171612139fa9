import { type DataObject, type DataValue, isDataObject } from "@tandem-cdc/core";
import { itemOf, type Reader } from "../reader.ts";
import { type AvroType, parseSchema } from "../schema.ts";
import { type AvroJson, type ConnectType, isObject, schemaOf, unusable, unwrapped } from "./avro-json.ts";
import { defaultFromJson } from "./defaults.ts";
import * as leaf from "./leaf-types.ts";
import { FIELD_DEFAULT, FIELD_DOC, INTERNAL_TYPE, MAP_ENTRY, NAMESPACE, RECORD_DOC } from "./names.ts";
import { optional, union } from "./union-types.ts";
import { kindOf, misfit, own, ownValue, pairsOf } from "./values.ts";

/** The type of a schema's JSON, and of those that it refers to, each behind those that it refers to itself. */
export function connectType(text: string, referenced: readonly string[] = []): ConnectType {
  const named = new Map<string, AvroType>();
  const compiler = new Compiler();
  for (const one of referenced) {
    const json = jsonOf(one);
    compiler.compile(parseSchema(json, named), json);
  }
  const json = jsonOf(text);
  return compiler.compile(parseSchema(json, named), json);
}

/** A schema that is only a name may come without its quotes. */
const jsonOf = (text: string): unknown => (/^[a-z]+$/.test(text) ? text : (JSON.parse(text) as unknown));

class Compiler {
  /** Null while it is being made: then it holds itself. */
  readonly #named = new Map<AvroType, ConnectType | null>();

  compile(type: AvroType, json: unknown): ConnectType {
    if (type.kind === "union") return this.#union(type, unwrapped(json) as readonly unknown[]);
    if (type.kind === "record" || type.kind === "enum" || type.kind === "fixed") {
      const known = this.#named.get(type);
      if (known !== undefined && known !== null) return known;
      if (known === null) throw unusable(`${type.name} holds itself`);
      this.#named.set(type, null);
      const made = this.#make(type, unwrapped(json) as AvroJson);
      this.#named.set(type, made);
      return made;
    }
    const told = unwrapped(json);
    return this.#make(type, isObject(told) ? told : {});
  }

  #make(type: AvroType, json: AvroJson): ConnectType {
    switch (type.kind) {
      case "boolean":
        return leaf.boolean(json);
      case "int":
        return leaf.integer(json);
      case "long":
        return leaf.long(json);
      case "float":
        return leaf.float(json);
      case "double":
        return leaf.double(json);
      case "string":
        return leaf.text(json);
      case "bytes":
        return leaf.bytes(json);
      case "fixed":
        return leaf.fixed(type, json);
      case "enum":
        return leaf.enumeration(type, json);
      case "array":
        return this.#array(type, json);
      case "map":
        return this.#map(type, json);
      case "record":
        return this.#record(type, json);
      case "null":
        throw unusable("a null that is no branch of a union");
      case "union":
        break;
    }
    throw new TypeError("a union is made elsewhere");
  }

  #record(type: AvroType, json: AvroJson): ConnectType {
    const fieldsJson = json["fields"] as readonly AvroJson[];
    const fields = type.fields.map(({ name, type: of }, i) => {
      const fieldJson = fieldsJson[i] as AvroJson;
      return { name, type: withDefault(this.compile(of, fieldJson["type"]), fieldJson) };
    });
    const docs = fieldsJson.flatMap(({ doc, name }) => (typeof doc === "string" ? [[FIELD_DOC + name, doc]] : []));
    const { doc } = json;
    const parameters = { ...(typeof doc === "string" ? { [RECORD_DOC]: doc } : {}), ...Object.fromEntries(docs) };
    const schema = schemaOf("struct", json, {
      name: type.name,
      parameters,
      fields: fields.map(({ name, type: of }) => ({ name, schema: of.schema })),
    });
    return {
      schema,
      read(reader) {
        const struct: Record<string, DataValue> = {};
        for (const field of fields) own(struct, field.name, field.type.read(reader));
        return struct;
      },
      write(writer, value, where) {
        if (!isDataObject(value)) throw misfit(schema, kindOf(value), where);
        for (const { name, type: of } of fields) of.write(writer, ownValue(value, name), name);
      },
    };
  }

  #array(type: AvroType, json: AvroJson): ConnectType {
    const item = itemOf(type);
    const itemJson = unwrapped(json["items"]);
    const one = this.compile(item, itemJson);
    if (isMapEntry(item, itemJson)) return this.#pairs(type, json, one);
    const schema = schemaOf("array", json, { valueSchema: one.schema });
    return {
      schema,
      read(reader) {
        const items: DataValue[] = [];
        eachItem(type, reader, () => items.push(one.read(reader)));
        return items;
      },
      write(writer, value, where) {
        if (!Array.isArray(value)) throw misfit(schema, kindOf(value), where);
        if (value.length > 0) writer.long(value.length);
        for (const each of value as readonly DataValue[]) one.write(writer, each, where);
        writer.long(0);
      },
    };
  }

  /** A map whose keys are no texts. */
  #pairs(type: AvroType, json: AvroJson, entry: ConnectType): ConnectType {
    const [key, value] = (entry.schema.fields ?? []).map((field) => field.schema);
    if (key === undefined || value === undefined) throw unusable("a map without keys and values");
    const schema = schemaOf("map", json, { keySchema: key, valueSchema: value });
    return {
      schema,
      read(reader) {
        const map = new Map<DataValue, DataValue>();
        eachItem(type, reader, () => {
          const pair = entry.read(reader) as DataObject;
          map.set(pair["key"] ?? null, pair["value"] ?? null);
        });
        return map;
      },
      write(writer, of, where) {
        const pairs = pairsOf(of);
        if (pairs === undefined) throw misfit(schema, kindOf(of), where);
        if (pairs.length > 0) writer.long(pairs.length);
        for (const [k, v] of pairs) entry.write(writer, { key: k, value: v }, where);
        writer.long(0);
      },
    };
  }

  #map(type: AvroType, json: AvroJson): ConnectType {
    const one = this.compile(itemOf(type), json["values"]);
    const schema = schemaOf("map", json, { keySchema: { type: "string", optional: false }, valueSchema: one.schema });
    return {
      schema,
      read(reader) {
        const map: Record<string, DataValue> = {};
        eachItem(type, reader, () => {
          const from = reader.span();
          own(map, reader.text(from, reader.at), one.read(reader));
        });
        return map;
      },
      write(writer, value, where) {
        const pairs = pairsOf(value);
        if (pairs === undefined) throw misfit(schema, kindOf(value), where);
        if (pairs.length > 0) writer.long(pairs.length);
        for (const [key, each] of pairs) {
          if (typeof key !== "string") throw misfit(schema, "a map whose keys are no texts", where);
          writer.text(key);
          one.write(writer, each, where);
        }
        writer.long(0);
      },
    };
  }

  #union(type: AvroType, json: readonly unknown[]): ConnectType {
    const nullAt = type.branches.findIndex(({ kind }) => kind === "null");
    const branches = type.branches.map((branch, i) => (i === nullAt ? null : this.compile(branch, json[i])));
    const others = branches.filter((branch) => branch !== null);
    const [only] = others;
    if (nullAt >= 0 && others.length === 1 && branches.length === 2 && only !== undefined)
      return optional(only, type, nullAt);
    return union(type, branches, nullAt);
  }
}

function eachItem(type: AvroType, reader: Reader, each: () => void): void {
  for (let block = reader.block(type); block.count > 0; block = reader.block(type)) {
    for (let n = block.count; n > 0; n--) each();
    reader.endBlock(block);
  }
}

function isMapEntry(item: AvroType, json: unknown): boolean {
  return (
    item.kind === "record" &&
    item.fields.map(({ name }) => name).join() === "key,value" &&
    (item.name === `${NAMESPACE}.${MAP_ENTRY}` || (isObject(json) && json[INTERNAL_TYPE] === MAP_ENTRY))
  );
}

/** A default value that stands at the field, and not at its type. */
function withDefault(type: ConnectType, field: AvroJson): ConnectType {
  const preset = field["default"];
  const { schema } = type;
  if (preset === undefined || preset === null || schema.default !== undefined) return missing(type);
  return missing({
    ...type,
    schema: {
      ...schema,
      default: defaultFromJson(schema, preset),
      parameters: { ...schema.parameters, [FIELD_DEFAULT]: "true" },
    },
  });
}

/** A field that is null has its default value, unless null is a value of its own. */
function missing(type: ConnectType): ConnectType {
  const preset = type.schema.default;
  if (type.schema.optional || preset === undefined) return type;
  return { ...type, write: (writer, value, where) => type.write(writer, value ?? preset, where) };
}
