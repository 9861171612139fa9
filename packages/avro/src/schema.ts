import { TandemError } from "@tandem-cdc/core";
import { type Meaning, meaningOf } from "./semantic.ts";

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;
type Primitive = (typeof PRIMITIVES)[number];

export interface AvroField {
  readonly name: string;
  /** The name in UTF-8. */
  readonly utf8: Uint8Array;
  readonly type: AvroType;
}

const encoder = new TextEncoder();

/** A type of a writer's schema, ready to read by. One class for all kinds: readers meet one shape of object. */
export class AvroType {
  readonly kind: Primitive | "fixed" | "enum" | "array" | "map" | "union" | "record";
  /** Full name of a record, enum or fixed; else the kind. */
  readonly name: string;
  /** Fewest bytes that a value takes. */
  minBytes = 0;
  /** Of a record. */
  fields: readonly AvroField[] = [];
  /** Places of the fields in the order of their names. */
  byName: readonly number[] = [];
  /** Of a union; of arrays and maps the one type of their items or values. */
  branches: readonly AvroType[] = [];
  /** Of an enum. */
  symbols: readonly string[] = [];
  /** Of a fixed: its bytes. */
  size = 0;
  meaning: Meaning | null = null;
  /** Of a decimal: digits behind the point. */
  scale = 0;
  /** Of Debezium's bits: how many. */
  length = 0;

  constructor(kind: AvroType["kind"], name: string = kind) {
    this.kind = kind;
    this.name = name;
  }
}

/** Named types by their full names: those that a schema defines, and those that it takes from the schemas it refers to. */
export type NamedTypes = Map<string, AvroType>;

/** Values without bytes that one type may nest: a schema of a few lines could ask for billions. */
const MAX_WEIGHTLESS = 100;
const MAX_NESTING = 1_000;

/**
 * Reads an Avro schema (JSON). Lenient in what has no bearing on reading: defaults, aliases, docs and names may be as
 * they are. `named` holds the types of referenced schemas and receives this schema's own.
 */
export function parseSchema(json: unknown, named: NamedTypes = new Map()): AvroType {
  const type = new SchemaReader(named).read(json, "", 0);
  weigh(type);
  return type;
}

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function unusable(what: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `the Avro schema cannot be used: ${what}`);
}

class SchemaReader {
  readonly #named: NamedTypes;

  constructor(named: NamedTypes) {
    this.#named = named;
  }

  read(json: unknown, namespace: string, depth: number): AvroType {
    if (depth > MAX_NESTING) throw unusable(`it nests deeper than ${MAX_NESTING}`);
    if (typeof json === "string") return this.#reference(json, namespace);
    if (Array.isArray(json)) return this.#union(json, namespace, depth);
    if (!isObject(json)) throw unusable("a type is missing");
    const { type } = json;
    if (isObject(type) || Array.isArray(type)) return this.read(type, namespace, depth + 1);
    switch (type) {
      case "record":
      case "error":
        return this.#record(json, namespace, depth);
      case "enum": {
        const symbols = texts(json["symbols"]);
        if (symbols.length === 0) throw unusable("an enum has no symbols");
        return Object.assign(this.#define(json, "enum", namespace), { symbols });
      }
      case "fixed": {
        const size = wholeOf(json["size"]);
        if (size === undefined) throw unusable("a fixed has no size");
        return meant(Object.assign(this.#define(json, "fixed", namespace), { size }), json);
      }
      case "array":
      case "map": {
        const inner = this.read(json[type === "array" ? "items" : "values"], namespace, depth + 1);
        return Object.assign(new AvroType(type), { branches: [inner] });
      }
      default: {
        const primitive = PRIMITIVES.find((name) => name === type);
        if (primitive !== undefined) return meant(new AvroType(primitive), json);
        if (typeof type !== "string") throw unusable("a type is missing");
        return this.#reference(type, namespace);
      }
    }
  }

  #reference(name: string, namespace: string): AvroType {
    const primitive = PRIMITIVES.find((one) => one === name);
    if (primitive !== undefined) return new AvroType(primitive);
    const found = this.#named.get(qualified(name, namespace)) ?? this.#named.get(name);
    if (found === undefined) throw unusable(`it names a type that it does not define: ${name}`);
    return found;
  }

  #union(json: readonly unknown[], namespace: string, depth: number): AvroType {
    if (json.length === 0) throw unusable("a union is empty");
    const branches = json.map((branch) => this.read(branch, namespace, depth + 1));
    if (branches.some(({ kind }) => kind === "union")) throw unusable("a union holds a union");
    return Object.assign(new AvroType("union"), { branches });
  }

  #record(json: JsonObject, namespace: string, depth: number): AvroType {
    const type = this.#define(json, "record", namespace);
    const inside = type.name.slice(0, Math.max(0, type.name.lastIndexOf(".")));
    const fields = json["fields"];
    if (!Array.isArray(fields)) throw unusable(`the record ${type.name} has no fields`);
    type.fields = fields.map((field: unknown): AvroField => {
      const name = isObject(field) ? field["name"] : undefined;
      if (!isObject(field) || typeof name !== "string") throw unusable("a field has no name");
      return { name, utf8: encoder.encode(name), type: this.read(field["type"], inside, depth + 1) };
    });
    const names = type.fields.map(({ name }) => name);
    if (new Set(names).size !== names.length) throw unusable(`the record ${type.name} has a field twice`);
    type.byName = [...names].sort().map((name) => names.indexOf(name));
    return meant(type, json);
  }

  /** Before its fields are read: a record may hold itself. */
  #define(json: JsonObject, kind: "record" | "enum" | "fixed", namespace: string): AvroType {
    const { name, namespace: own } = json;
    if (typeof name !== "string" || name === "") throw unusable(`a type of kind ${kind} has no name`);
    const full = qualified(name, typeof own === "string" ? own : namespace);
    if (this.#named.has(full)) throw unusable(`it defines ${full} twice`);
    const type = new AvroType(kind, full);
    this.#named.set(full, type);
    return type;
  }
}

const qualified = (name: string, namespace: string): string =>
  name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;

const texts = (json: unknown): readonly string[] =>
  Array.isArray(json) ? json.filter((item): item is string => typeof item === "string") : [];

/** A whole number >= 0, also as text: Connect writes its parameters so. */
function wholeOf(json: unknown): number | undefined {
  const number = typeof json === "string" && json !== "" ? Number(json) : json;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function meant(type: AvroType, json: JsonObject): AvroType {
  const parameters = json["connect.parameters"];
  const parameter = (name: string): unknown => (isObject(parameters) ? parameters[name] : undefined);
  type.meaning = meaningOf(type.kind, json["connect.name"], json["logicalType"]);
  const scale = Number(parameter("scale") ?? json["scale"] ?? 0);
  type.scale = Number.isSafeInteger(scale) ? scale : 0;
  type.length = wholeOf(parameter("length")) ?? 0;
  return type;
}

const OWN_BYTES: Readonly<Record<AvroType["kind"], number>> = {
  null: 0,
  boolean: 1,
  int: 1,
  long: 1,
  float: 4,
  double: 8,
  bytes: 1,
  string: 1,
  fixed: 0,
  enum: 1,
  array: 1,
  map: 1,
  union: 1,
  record: 0,
};

/**
 * Sets the fewest bytes of each type, so that counts can be held against the bytes that remain. Refuses schemas that no
 * payload can satisfy, and those whose values cost much though they have no bytes.
 */
function weigh(root: AvroType): void {
  const weights = new Map<AvroType, number>();
  const open = new Set<AvroType>();
  const todo = [root];

  /** How many values without bytes one value is made of, those beside bytes included. */
  const weight = (type: AvroType, depth: number): number => {
    const known = weights.get(type);
    if (known !== undefined) return known;
    if (open.has(type)) throw unusable(`every ${type.name} holds a ${type.name}: none can end`);
    if (depth > MAX_NESTING) throw unusable(`it nests deeper than ${MAX_NESTING}`);
    open.add(type);
    type.minBytes = OWN_BYTES[type.kind] + type.size;
    let sum = 0;
    for (const field of type.fields) {
      const one = weight(field.type, depth + 1);
      if (field.type.minBytes === 0) sum += one;
      type.minBytes += field.type.minBytes;
    }
    if (type.minBytes === 0) sum++;
    if (sum > MAX_WEIGHTLESS) throw unusable(`a ${type.name} has more than ${MAX_WEIGHTLESS} fields without bytes`);
    open.delete(type);
    weights.set(type, sum);
    // They have a byte before them, so they may well be what is being weighed.
    todo.push(...type.branches);
    return sum;
  };
  for (let type = todo.pop(); type !== undefined; type = todo.pop()) weight(type, 0);
}
