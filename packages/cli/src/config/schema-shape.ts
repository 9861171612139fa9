import type { z } from "zod";

export type Schema = z.core.$ZodType;

/** Help that a schema carries beside its description. */
export interface Meta {
  readonly description?: string;
  readonly shown?: string;
  /** The object that documents the keys of a schema that is more lenient itself. */
  readonly fields?: Schema;
  /** Schemas by the value's `type`, or by the key that `by` names. */
  readonly variants?: Readonly<Record<string, Schema>>;
  readonly by?: string;
}

/** What a wrapper (default, optional, pipe) was put around. */
function inner(schema: Schema): Schema | undefined {
  const { def } = schema._zod as { def: { type: string; innerType?: Schema; in?: Schema; out?: Schema } };
  if (def.innerType !== undefined) return def.innerType;
  if (def.type !== "pipe") return undefined;
  return def.in?._zod.def.type === "transform" ? def.out : def.in;
}

/** A schema and everything that it wraps, outermost first. */
export function layers(schema: Schema): readonly Schema[] {
  const found: Schema[] = [];
  for (let at: Schema | undefined = schema; at !== undefined; at = inner(at)) found.push(at);
  return found;
}

export function metaOf(schema: Schema): Meta {
  const metas = layers(schema).map((layer) => (layer as z.ZodType).meta() as Meta | undefined);
  // The outermost has the last word.
  return Object.assign({}, ...metas.toReversed()) as Meta;
}

/** The keys of an object schema; undefined for everything else. */
export function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const { fields } = metaOf(schema);
  for (const layer of fields === undefined ? layers(schema) : layers(fields)) {
    const { def } = layer._zod as { def: { type: string; shape?: Readonly<Record<string, Schema>> } };
    if (def.type === "object" && def.shape !== undefined) return def.shape;
  }
  return undefined;
}

/** The schema of the value at a path of a document, whose `type`s decide where there are variants. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[], document: unknown): Schema | undefined {
  const [key, ...rest] = path;
  // An entry of a list of what might also stand alone.
  if (typeof key === "number") return schemaAt(schema, rest, Array.isArray(document) ? document[key] : undefined);
  const of = variantAt(schema, document);
  if (key === undefined) return of;
  const field = fieldsOf(of)?.[String(key)];
  return field === undefined
    ? undefined
    : schemaAt(field, rest, isObject(document) ? document[String(key)] : undefined);
}

/** The schema that the value's `type` (or what tells instead), or the default of it, stands for. */
function variantAt(schema: Schema, document: unknown): Schema {
  const { by = "type", variants } = metaOf(schema);
  if (variants === undefined) return schema;
  const types = fieldsOf(schema)?.[by];
  const type = (isObject(document) ? document[by] : document) ?? (types === undefined ? undefined : defaultOf(types));
  return variants[String(type)] ?? schema;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The words that an enumeration allows. */
export function wordsOf(schema: Schema): readonly string[] | undefined {
  for (const layer of layers(schema)) {
    const { def } = layer._zod as { def: { type: string; entries?: Readonly<Record<string, string>> } };
    if (def.type === "enum" && def.entries !== undefined) return Object.values(def.entries);
  }
  return undefined;
}

/** The default as the file would hold it; undefined when there is none. */
export function defaultOf(schema: Schema): unknown {
  for (const layer of layers(schema)) {
    const { def } = layer._zod as { def: { type: string; defaultValue?: unknown } };
    if (def.type === "default" || def.type === "prefault") return def.defaultValue;
  }
  return undefined;
}

/** Whether the value may be left out without a default taking its place. */
export function isOptional(schema: Schema): boolean {
  return layers(schema).some((layer) => layer._zod.def.type === "optional");
}
