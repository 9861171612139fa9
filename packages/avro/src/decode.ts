import { checkDepth, itemOf, type Reader } from "./reader.ts";
import type { AvroType } from "./schema.ts";
import { semantic } from "./semantic.ts";
import { malformed } from "./wire.ts";

export interface DecodeOptions {
  /** `bigint`: every long is a BigInt. `safe`: a number where it is a safe integer, else a BigInt. */
  readonly longs: "bigint" | "safe";
  /** Whether values become what their logical or semantic type says: see `semantic`. */
  readonly semantics: boolean;
}

/**
 * The value at the reader's place, whole. Objects have no prototype, so that no name means anything; bytes are slices of the
 * payload. Where two branches of a union look alike in JavaScript, the value stands in an object under the branch's
 * name, as avsc has it: `{ "shop.Order": {...} }`.
 */
export function decode(type: AvroType, reader: Reader, options: DecodeOptions, depth = 0): unknown {
  const value = READ[type.kind](type, reader, options, depth);
  return options.semantics && type.meaning !== null ? semantic(type, value) : value;
}

type Read = (type: AvroType, reader: Reader, options: DecodeOptions, depth: number) => unknown;

const READ: Readonly<Record<AvroType["kind"], Read>> = {
  null: () => null,
  boolean: (_, reader) => reader.boolean(),
  int: (_, reader) => reader.long(),
  long(_, reader, { longs }) {
    const long = reader.long();
    return longs === "safe" && Number.isSafeInteger(long) ? long : reader.bigInt();
  },
  float: (_, reader) => reader.float(),
  double: (_, reader) => reader.double(),
  string(_, reader) {
    const from = reader.span();
    return reader.text(from, reader.at);
  },
  bytes(_, reader) {
    const from = reader.span();
    return slice(reader, from);
  },
  fixed(type, reader) {
    const from = reader.at;
    reader.pass(type.size);
    return slice(reader, from);
  },
  enum: (type, reader) => type.symbols[reader.index(type.symbols.length)],
  union(type, reader, options, depth) {
    const branch = reader.branch(type);
    const value = decode(branch, reader, options, depth);
    return value === null || !isAmbiguous(type) ? value : Object.assign(bare(), { [branch.name]: value });
  },
  array,
  map,
  record(type, reader, options, depth) {
    checkDepth(depth);
    const record = bare();
    for (const field of type.fields) record[field.name] = decode(field.type, reader, options, depth + 1);
    return record;
  },
};

function array(type: AvroType, reader: Reader, options: DecodeOptions, depth: number): unknown[] {
  checkDepth(depth);
  const items: unknown[] = [];
  for (let block = reader.block(type); block.count > 0; block = reader.block(type)) {
    for (let n = block.count; n > 0; n--) items.push(decode(itemOf(type), reader, options, depth + 1));
    reader.endBlock(block);
  }
  return items;
}

function map(type: AvroType, reader: Reader, options: DecodeOptions, depth: number): Bare {
  checkDepth(depth);
  const entries = bare();
  for (let block = reader.block(type); block.count > 0; block = reader.block(type)) {
    for (let n = block.count; n > 0; n--) {
      const from = reader.span();
      const key = reader.text(from, reader.at);
      // Harmless here, but whoever copies the entries into a common object would change its prototype.
      if (key === "__proto__") throw malformed("a map has the key __proto__");
      entries[key] = decode(itemOf(type), reader, options, depth + 1);
    }
    reader.endBlock(block);
  }
  return entries;
}

type Bare = Record<string, unknown>;
const bare = (): Bare => Object.create(null) as Bare;

/** A Buffer over the same memory. */
function slice({ bytes, at }: Reader, from: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, at - from);
}

const LOOKS: Readonly<Record<AvroType["kind"], string>> = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "bigint",
  float: "number",
  double: "number",
  bytes: "bytes",
  fixed: "bytes",
  string: "text",
  enum: "text",
  array: "array",
  map: "object",
  record: "object",
  union: "union",
};

function isAmbiguous({ branches }: AvroType): boolean {
  if (branches.length < 3 && branches.some(({ kind }) => kind === "null")) return false;
  return new Set(branches.map(({ kind }) => LOOKS[kind])).size < branches.length;
}
