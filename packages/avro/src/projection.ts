import type { Batch, Projection, ProjectionOptions } from "@tandem-cdc/core";
import { CanonicalWriter } from "./canonical.ts";
import { below, type PathTree, pathTree } from "./paths.ts";
import { BEGIN, compile, KIND, MARK, type Marks, type Program } from "./program.ts";
import { Reader } from "./reader.ts";
import type { AvroType } from "./schema.ts";
import { SchemaCache } from "./schema-cache.ts";
import type { SchemaRegistry } from "./registry.ts";
import { TextCache } from "./text-cache.ts";
import { HEADER_BYTES, malformed, readSchemaId } from "./wire.ts";

const isWhole = ({ kind }: AvroType): boolean => kind === "int" || kind === "long";

/** Finds the wanted fields in Avro payloads; everything else is skipped, not decoded. Makes no objects. */
export class AvroProjection implements Projection {
  readonly #part: "key" | "value";
  readonly #schemas: SchemaCache<Program>;
  readonly #excepts: readonly (PathTree | null)[];
  /** Of each field. A path that is wanted twice is one slot. */
  readonly #slots: readonly number[];
  readonly #marks: Marks;
  readonly #texts: readonly TextCache[];
  readonly #reader = new Reader();
  readonly #writer = new CanonicalWriter();
  #types: readonly AvroType[] = [];
  readonly #decode = (from: number, to: number): string => this.#reader.text(from, to);

  constructor(
    registry: SchemaRegistry,
    part: "key" | "value",
    fields: readonly string[],
    { except = [] }: ProjectionOptions = {},
  ) {
    this.#part = part;
    const paths = [...new Set(fields)];
    this.#slots = fields.map((field) => paths.indexOf(field));
    const wanted = pathTree(paths);
    this.#schemas = new SchemaCache(registry, ({ type }) => compile(type, wanted));
    const left = except.length === 0 ? undefined : pathTree(except);
    this.#excepts = fields.map((field) => (left === undefined ? null : (below(left, field) ?? null)));
    this.#marks = new Int32Array(MARK * paths.length);
    this.#texts = fields.map(() => new TextCache());
  }

  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    const key = this.#part === "key";
    return this.#schemas.prepare(batch.length, (i) => (key ? batch.key(i) : batch.value(i)), signal);
  }

  read(payload: Uint8Array): void {
    this.#marks.fill(-1);
    this.#writer.reset();
    const program = this.#schemas.get(readSchemaId(payload));
    this.#types = program.types;
    this.#reader.start(payload, HEADER_BYTES);
    program.run(this.#reader, this.#marks, 0);
    this.#reader.end();
  }

  has(field: number): boolean {
    return this.#from(field) >= 0;
  }

  text(field: number): string | null {
    const from = this.#from(field);
    if (from < 0) return null;
    const reader = this.#reader;
    const type = this.#type(field);
    reader.resume(from);
    if (type.kind === "string") {
      const first = reader.span();
      return (this.#texts[field] as TextCache).text(reader.bytes, first, reader.at, this.#decode);
    }
    if (type.kind === "enum") return type.symbols[reader.index(type.symbols.length)] ?? null;
    if (isWhole(type)) return reader.digits(reader.long());
    throw malformed(`a text is expected, found ${type.kind}`);
  }

  integer(field: number): number | null {
    const from = this.#from(field);
    if (from < 0) return null;
    const type = this.#type(field);
    if (!isWhole(type)) throw malformed(`a whole number is expected, found ${type.kind}`);
    this.#reader.resume(from);
    const value = this.#reader.long();
    if (!Number.isSafeInteger(value)) throw malformed(`a number is out of range: ${this.#reader.digits(value)}`);
    return value;
  }

  bytes(field: number): Uint8Array | null {
    return this.#canonical(field, null);
  }

  canonical(field: number): Uint8Array | null {
    const except = this.#excepts[field] ?? null;
    return except !== null && except.slot >= 0 ? null : this.#canonical(field, except);
  }

  #canonical(field: number, except: PathTree | null): Uint8Array | null {
    const from = this.#from(field);
    if (from < 0) return null;
    this.#reader.resume(from);
    return this.#writer.write(this.#type(field), this.#reader, except);
  }

  #from(field: number): number {
    return this.#marks[MARK * (this.#slots[field] as number) + BEGIN] ?? -1;
  }
  /** Of a value that is there. */
  #type(field: number): AvroType {
    return this.#types[this.#marks[MARK * (this.#slots[field] as number) + KIND] as number] as AvroType;
  }
}
