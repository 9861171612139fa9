import { tagOf } from "./canonical-tags.ts";
import type { PathTree } from "./paths.ts";
import { BEGIN, compileFields, KIND, MARK, type Marks, type Program } from "./program.ts";
import type { AvroField, AvroType } from "./schema.ts";

/** What records that have the same fields, of the same types, share in their canonical form. */
export interface Shape {
  /** The type of each field of the record as a number; -1: null. */
  readonly types: Int32Array;
  /** How many fields there are, then the name and tag of each, in the order of their names. */
  readonly header: Uint8Array;
  /** Places of those fields in the record. */
  readonly slots: Int32Array;
  /** How the content of each of those fields is had. */
  readonly copies: Uint8Array;
}

/** The payload's own bytes are the content: */
export const COPY = {
  /** if the length in front is of one byte */
  span: 0,
  /** if the last byte is not zero, which would only prolong it */
  varint: 1,
  /** if it is neither zero nor infinite nor no number */
  double: 2,
  /** if that, and no first byte only repeats the sign */
  decimal: 3,
  /** never */
  no: 4,
} as const;

function copyOf({ kind, meaning }: AvroType): number {
  if (kind === "bytes" && meaning === "decimal") return COPY.decimal;
  if (kind === "string" || kind === "bytes") return COPY.span;
  if (kind === "int" || kind === "long") return COPY.varint;
  return kind === "double" ? COPY.double : COPY.no;
}

/** So many patterns of nulls are remembered for one type of record. */
const MAX_SHAPES = 256;

/** How records of one type are brought into canonical form. */
export class RecordForm {
  readonly program: Program;
  readonly fields: readonly AvroField[];
  readonly #byName: readonly number[];
  readonly #shapes = new Map<number, Shape>();
  /** Neighbours are often alike. */
  #last: Shape | undefined;

  constructor(type: AvroType) {
    this.program = compileFields(type);
    this.fields = type.fields;
    this.#byName = type.byName;
  }

  /** The shape of the record whose fields lie at `base` in the marks. */
  shape(marks: Marks, base: number): Shape {
    if (this.#last !== undefined && this.#fits(this.#last, marks, base)) return this.#last;
    return (this.#last = this.#known(marks, base));
  }

  #known(marks: Marks, base: number): Shape {
    const count = this.fields.length;
    let hash = 0;
    for (let slot = 0; slot < count; slot++) hash = (Math.imul(hash, 31) + this.#typeAt(marks, base, slot)) | 0;
    const known = this.#shapes.get(hash);
    if (known !== undefined && this.#fits(known, marks, base)) return known;
    const shape = this.shapeWithout(null, marks, base);
    if (this.#shapes.size >= MAX_SHAPES) this.#shapes.clear();
    this.#shapes.set(hash, shape);
    return shape;
  }

  /** The same without the fields that `except` names. */
  shapeWithout(except: PathTree | null, marks: Marks, base: number): Shape {
    const left = (slot: number): boolean =>
      this.#typeAt(marks, base, slot) >= 0 &&
      (except?.names.get((this.fields[slot] as AvroField).name)?.slot ?? -1) < 0;
    const slots = this.#byName.filter(left);
    const header = sized(slots.length);
    const copies: number[] = [];
    for (const slot of slots) {
      const { utf8 } = this.fields[slot] as AvroField;
      const type = this.program.types[this.#typeAt(marks, base, slot)] as AvroType;
      copies.push(copyOf(type));
      header.push(...sized(utf8.length), ...utf8, ...tagOf(type));
    }
    return {
      types: Int32Array.from(this.fields, (_, slot) => this.#typeAt(marks, base, slot)),
      slots: Int32Array.from(slots),
      copies: Uint8Array.from(copies),
      header: Uint8Array.from(header),
    };
  }

  #typeAt(marks: Marks, base: number, slot: number): number {
    const mark = base + MARK * slot;
    return (marks[mark + BEGIN] as number) < 0 ? -1 : (marks[mark + KIND] as number);
  }

  #fits({ types }: Shape, marks: Marks, base: number): boolean {
    for (let slot = 0, mark = base; slot < types.length; slot++, mark += MARK) {
      const type = (marks[mark + BEGIN] as number) < 0 ? -1 : marks[mark + KIND];
      if (types[slot] !== type) return false;
    }
    return true;
  }
}

/** A count, as Avro writes lengths. */
export function sized(count: number): number[] {
  const bytes: number[] = [];
  let rest = 2 * count;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
