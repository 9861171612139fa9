import type { PathTree } from "./paths.ts";
import { itemOf } from "./reader.ts";
import type { AvroType } from "./schema.ts";

/** What a step does with the bytes. */
export const OP = {
  /** The value is over. */
  halt: 0,
  /** Nothing: a record begins, or a null is passed. */
  enter: 1,
  /** A length, and as many bytes. */
  span: 2,
  varint: 3,
  /** Passes as many bytes as the operand says. */
  pass: 4,
  boolean: 5,
  /** An enum's symbol, one of as many as the operand says. */
  index: 6,
  /** Anything else: the reader skips a value of the step's type, which lies as deep as the operand says. */
  skip: 7,
  /** A map with wanted keys: the operand is its place among `keys`. */
  keys: 8,
  /** The branch of a union: the operand is its place among `unions`. */
  union: 9,
  /** On to the step at the operand. */
  jump: 10,
} as const;

/** Numbers that make a step: its OP, and: */
export const STEP = 6;
/** the byte that says null, where the value is of a union of null and one other type; else -1 */
export const NULL = 1;
/** the step to go on with then */
export const IF_NULL = 2;
/** the slot that the value is wanted for; else -1 */
export const SLOT = 3;
/** its type, by its place among `types` */
export const TYPE = 4;
export const OPERAND = 5;

/**
 * How to walk over values of one type, noting where the wanted parts lie: numbers in an array, because a schema of a
 * hundred columns is walked over for every record.
 */
export interface Program {
  readonly code: Int32Array;
  readonly types: readonly AvroType[];
  readonly keys: readonly WantedKeys[];
  /** For each union the steps that its branches begin with. */
  readonly unions: readonly (readonly number[])[];
}

export interface WantedKeys {
  readonly map: AvroType;
  readonly depth: number;
  /** For each wanted key how to walk over its value, and the slots that lie inside. */
  readonly values: ReadonlyMap<string, { readonly program: Program; readonly slots: readonly number[] }>;
}

/** What is longer or deeper is left to the reader: schemas may name a record many times. */
const MAX_CODE = 20_000;
const MAX_DEPTH = 50;

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

interface Tables {
  readonly types: AvroType[];
  readonly keys: WantedKeys[];
  readonly unions: number[][];
}

class Compiler {
  readonly #code: number[] = [];
  readonly #tables: Tables;
  readonly #open = new Set<AvroType>();

  /** Programs within a program share its tables. */
  constructor(tables: Tables = { types: [], keys: [], unions: [] }) {
    this.#tables = tables;
  }

  program(): Program {
    this.#step(OP.halt, NO_NULL, undefined, undefined);
    return { code: Int32Array.from(this.#code), ...this.#tables };
  }

  value(type: AvroType, wanted: PathTree | undefined, depth: number): void {
    if (type.kind !== "union") return this.#value(type, wanted, depth, NO_NULL);
    const { branches } = type;
    const nullAt = branches.findIndex(({ kind }) => kind === "null");
    if (branches.length !== 2 || nullAt < 0) return this.#union(branches, wanted, depth);
    const step = this.#code.length;
    // Avro writes the branch's number twice as large.
    this.#value(branches[1 - nullAt] as AvroType, wanted, depth, 2 * nullAt);
    this.#code[step + IF_NULL] = this.#code.length;
  }

  #value(type: AvroType, wanted: PathTree | undefined, depth: number, nullByte: number): void {
    switch (type.kind) {
      case "null":
        // As good as absent: it has no slot.
        return this.#step(OP.enter, nullByte, type, undefined);
      case "boolean":
        return this.#step(OP.boolean, nullByte, type, wanted);
      case "int":
      case "long":
        return this.#step(OP.varint, nullByte, type, wanted);
      case "float":
        return this.#step(OP.pass, nullByte, type, wanted, 4);
      case "double":
        return this.#step(OP.pass, nullByte, type, wanted, 8);
      case "fixed":
        return this.#step(OP.pass, nullByte, type, wanted, type.size);
      case "bytes":
      case "string":
        return this.#step(OP.span, nullByte, type, wanted);
      case "enum":
        return this.#step(OP.index, nullByte, type, wanted, type.symbols.length);
      case "record":
        return this.#record(type, wanted, depth, nullByte);
      case "map":
        if (wanted !== undefined && wanted.names.size > 0) return this.#keys(type, wanted, depth, nullByte);
        return this.#step(OP.skip, nullByte, type, wanted, depth);
      case "array":
      case "union":
        return this.#step(OP.skip, nullByte, type, wanted, depth);
    }
  }

  #record(type: AvroType, wanted: PathTree | undefined, depth: number, nullByte: number): void {
    // What is wanted ends somewhere, as its path does; a record that holds itself does not.
    const asked = wanted !== undefined && wanted.names.size > 0;
    if (!asked && (this.#open.has(type) || this.#code.length > MAX_CODE || depth > MAX_DEPTH))
      return this.#step(OP.skip, nullByte, type, wanted, depth);
    const outermost = !this.#open.has(type);
    this.#open.add(type);
    this.#step(OP.enter, nullByte, type, wanted);
    for (const { name, type: inner } of type.fields) this.value(inner, wanted?.names.get(name), depth + 1);
    if (outermost) this.#open.delete(type);
  }

  #union(branches: readonly AvroType[], wanted: PathTree | undefined, depth: number): void {
    const starts: number[] = [];
    this.#step(OP.union, NO_NULL, undefined, undefined, this.#tables.unions.push(starts) - 1);
    const jumps = branches.map((branch) => {
      starts.push(this.#code.length);
      this.value(branch, wanted, depth);
      this.#step(OP.jump, NO_NULL, undefined, undefined);
      return this.#code.length - STEP;
    });
    for (const jump of jumps) this.#code[jump + OPERAND] = this.#code.length;
  }

  #keys(map: AvroType, wanted: PathTree, depth: number, nullByte: number): void {
    const value = (tree: PathTree): Program => {
      const compiler = new Compiler(this.#tables);
      compiler.value(itemOf(map), tree, depth + 1);
      return compiler.program();
    };
    const values = new Map(
      [...wanted.names].map(([name, tree]) => [name, { program: value(tree), slots: slotsOf(tree) }]),
    );
    this.#step(OP.keys, nullByte, map, wanted, this.#tables.keys.push({ map, depth, values }) - 1);
  }

  #step(
    op: (typeof OP)[keyof typeof OP],
    nullByte: number,
    type: AvroType | undefined,
    wanted: PathTree | undefined,
    operand = 0,
  ): void {
    this.#code.push(op, nullByte, 0, wanted?.slot ?? -1, type === undefined ? -1 : this.#type(type), operand);
  }

  #type(type: AvroType): number {
    const { types } = this.#tables;
    const known = types.indexOf(type);
    return known >= 0 ? known : types.push(type) - 1;
  }
}

const NO_NULL = -1;

const slotsOf = ({ slot, names }: PathTree): number[] => [
  ...(slot < 0 ? [] : [slot]),
  ...[...names.values()].flatMap(slotsOf),
];
