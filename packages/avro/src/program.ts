import type { PathTree } from "./paths.ts";
import { checkDepth, itemOf, type Reader } from "./reader.ts";
import type { AvroType } from "./schema.ts";

/**
 * Where the values of slots lie: for each its begin (-1: absent or null), its end, and the place of its type among the
 * program's.
 */
export type Marks = Int32Array;
export const MARK = 3;
export const BEGIN = 0;
export const END = 1;
export const KIND = 2;

/** How to walk over values of one type, noting where the wanted parts lie. */
export interface Program {
  /**
   * Walks over the value at the reader's place; the reader stands behind it then. Slot 0 is at `base` in the marks. Those of
   * absent and null values are left as they were.
   */
  readonly run: (reader: Reader, marks: Marks, base: number) => void;
  readonly types: readonly AvroType[];
}

/** A program that finds the values at the wanted paths. */
export function compile(type: AvroType, wanted: PathTree): Program {
  const compiler = new Compiler();
  compiler.value(type, wanted, 0);
  return compiler.program();
}

/** A program that finds each field of a record, in their order. */
export function compileFields({ fields }: AvroType): Program {
  const compiler = new Compiler();
  for (const [slot, { type }] of fields.entries()) compiler.value(type, { slot, names: new Map() }, 1);
  return compiler.program();
}

/** What is longer or deeper is left to the reader: schemas may name a record many times. */
const MAX_SOURCE = 100_000;
const MAX_DEPTH = 50;

interface WantedKeys {
  readonly map: AvroType;
  readonly depth: number;
  /** For each wanted key how to walk over its value, and the slots that lie inside. */
  readonly values: ReadonlyMap<string, { readonly program: Program; readonly slots: readonly number[] }>;
}

interface Tables {
  readonly types: AvroType[];
  readonly keys: WantedKeys[];
}

/**
 * Writes a program as JavaScript, because a row of a hundred columns is walked over for every record: this takes a third of
 * the time that an interpreter takes. The text is made of numbers of the schema only, never of its names.
 *
 * The common and well-formed is done in place, the rest is left to the reader, which knows what is wrong: beyond the
 * payload's end there is no byte, and no comparison with it holds.
 */
class Compiler {
  #source = "";
  readonly #tables: Tables;
  readonly #open = new Set<AvroType>();

  /** Programs within a program share its tables. */
  constructor(tables: Tables = { types: [], keys: [] }) {
    this.#tables = tables;
  }

  program(): Program {
    const { types, keys } = this.#tables;
    const body = `return (r, m, b) => { const x = r.bytes; let at = r.at, n = 0; ${this.#source} r.at = at; r.checkEnd(); }`;
    // eslint-disable-next-line typescript/no-implied-eval
    const make = new Function("types", "keys", "runKeys", body) as (...tables: unknown[]) => Program["run"];
    return { run: make(types, keys, runKeys), types };
  }

  value(type: AvroType, wanted: PathTree | undefined, depth: number): void {
    if (type.kind !== "union") return this.#value(type, wanted, depth);
    const { branches } = type;
    const nullAt = branches.findIndex(({ kind }) => kind === "null");
    if (branches.length !== 2 || nullAt < 0) return this.#union(branches, wanted, depth);
    // Avro writes the branch's number twice as large.
    this.#source += `n = x[at]; if (n === 0 || n === 2) at++; else { ${reading("n = 2 * r.index(2);")} }\n`;
    this.#source += `if (n !== ${2 * nullAt}) {\n`;
    this.#value(branches[1 - nullAt] as AvroType, wanted, depth);
    this.#source += "}\n";
  }

  #value(type: AvroType, wanted: PathTree | undefined, depth: number): void {
    // A null is as good as absent: it has no slot.
    const slot = type.kind === "null" ? -1 : (wanted?.slot ?? -1);
    if (slot >= 0) this.#source += `m[b + ${MARK * slot}] = at; m[b + ${MARK * slot + KIND}] = ${this.#type(type)};\n`;
    this.#inside(type, wanted, depth);
    if (slot >= 0) this.#source += `m[b + ${MARK * slot + END}] = at;\n`;
  }

  #inside(type: AvroType, wanted: PathTree | undefined, depth: number): void {
    const { kind } = type;
    if (kind === "record") this.#record(type, wanted, depth);
    else if (kind === "map" && wanted !== undefined && wanted.names.size > 0) this.#keys(type, wanted, depth);
    else if (kind === "array" || kind === "map") this.#skip(type, depth);
    else if (kind === "boolean") this.#source += reading("r.boolean();");
    else if (kind === "enum") this.#source += reading(`r.index(${type.symbols.length});`);
    else if (kind === "float") this.#source += "at += 4;\n";
    else if (kind === "double") this.#source += "at += 8;\n";
    else if (kind === "fixed") this.#source += `at += ${type.size};\n`;
    else if (kind === "int" || kind === "long")
      this.#source += `if (x[at] < 0x80) at++; else { ${reading("r.skipVarint();")} }\n`;
    else if (kind === "bytes" || kind === "string")
      this.#source += `n = x[at]; if (n < 0x80 && (n & 1) === 0) at += 1 + (n >> 1); else { ${reading("r.span();")} }\n`;
  }

  #record(type: AvroType, wanted: PathTree | undefined, depth: number): void {
    // What is wanted ends somewhere, as its path does; a record that holds itself does not.
    const asked = wanted !== undefined && wanted.names.size > 0;
    if (!asked && (this.#open.has(type) || this.#source.length > MAX_SOURCE || depth > MAX_DEPTH))
      return this.#skip(type, depth);
    const outermost = !this.#open.has(type);
    this.#open.add(type);
    for (const { name, type: inner } of type.fields) this.value(inner, wanted?.names.get(name), depth + 1);
    if (outermost) this.#open.delete(type);
  }

  #union(branches: readonly AvroType[], wanted: PathTree | undefined, depth: number): void {
    this.#source += `${reading(`n = r.index(${branches.length});`)} switch (n) {\n`;
    for (const [b, branch] of branches.entries()) {
      this.#source += `case ${b}: {\n`;
      this.value(branch, wanted, depth);
      this.#source += "break; }\n";
    }
    this.#source += "}\n";
  }

  #keys(map: AvroType, wanted: PathTree, depth: number): void {
    const value = (tree: PathTree): Program => {
      const compiler = new Compiler(this.#tables);
      compiler.value(itemOf(map), tree, depth + 1);
      return compiler.program();
    };
    const values = new Map(
      [...wanted.names].map(([name, tree]) => [name, { program: value(tree), slots: slotsOf(tree) }]),
    );
    const place = this.#tables.keys.push({ map, depth, values }) - 1;
    this.#source += reading(`runKeys(keys[${place}], r, m, b);`);
  }

  #skip(type: AvroType, depth: number): void {
    this.#source += reading(`r.skip(types[${this.#type(type)}], ${depth});`);
  }

  #type(type: AvroType): number {
    const { types } = this.#tables;
    const known = types.indexOf(type);
    return known >= 0 ? known : types.push(type) - 1;
  }
}

/** The reader keeps its place in itself. */
const reading = (call: string): string => `r.at = at; ${call} at = r.at;\n`;

const slotsOf = ({ slot, names }: PathTree): number[] => [
  ...(slot < 0 ? [] : [slot]),
  ...[...names.values()].flatMap(slotsOf),
];

/** Of equal keys the last counts, as in every decoder's map. */
function runKeys({ map, depth, values }: WantedKeys, reader: Reader, marks: Marks, base: number): void {
  checkDepth(depth);
  for (let block = reader.block(map); block.count > 0; block = reader.block(map)) {
    for (let n = block.count; n > 0; n--) {
      const from = reader.span();
      const value = values.get(reader.text(from, reader.at));
      if (value === undefined) reader.skip(itemOf(map), depth + 1);
      else {
        for (const slot of value.slots) marks[base + MARK * slot] = -1;
        value.program.run(reader, marks, base);
      }
    }
    reader.endBlock(block);
  }
}
