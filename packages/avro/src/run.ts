import { IF_NULL, NULL, OP, OPERAND, type Program, SLOT, STEP, TYPE, type WantedKeys } from "./program.ts";
import { checkDepth, itemOf, type Reader } from "./reader.ts";
import type { AvroType } from "./schema.ts";

/**
 * Where the values of slots lie: for each its begin (-1: absent or null), its end (of values that hold no others), and the
 * place of its type among the program's.
 */
export type Marks = Int32Array;
export const MARK = 3;
export const BEGIN = 0;
export const END = 1;
export const KIND = 2;

/**
 * Walks over the value at the reader's place and notes where the wanted parts lie; the reader stands behind the value then.
 * Slot 0 is at `base` in the marks. Those of absent and null values are left as they were.
 *
 * The common and well-formed is done here, the rest is left to the reader, which knows what is wrong: beyond the payload's
 * end there is no byte, and no comparison with it holds.
 */
export function run(program: Program, reader: Reader, marks: Marks, base: number): void {
  const { code, types } = program;
  const { bytes } = reader;
  let { at } = reader;
  for (let step = 0; ; step += STEP) {
    const nullByte = code[step + NULL] as number;
    if (nullByte >= 0) {
      let branch = bytes[at] as number;
      if (branch === 0 || branch === 2) at++;
      else {
        reader.at = at;
        branch = 2 * reader.index(2);
        at = reader.at;
      }
      if (branch === nullByte) {
        step = (code[step + IF_NULL] as number) - STEP;
        continue;
      }
    }
    const slot = code[step + SLOT] as number;
    const mark = base + MARK * slot;
    if (slot >= 0) {
      marks[mark] = at;
      marks[mark + KIND] = code[step + TYPE] as number;
    }
    switch (code[step] as number) {
      case OP.span: {
        const length = bytes[at] as number;
        if (length < 0x80 && (length & 1) === 0) at += 1 + (length >> 1);
        else {
          reader.at = at;
          reader.span();
          at = reader.at;
        }
        break;
      }
      case OP.varint:
        if ((bytes[at] as number) < 0x80) at++;
        else {
          reader.at = at;
          reader.skipVarint();
          at = reader.at;
        }
        break;
      case OP.enter:
        break;
      case OP.pass:
        at += code[step + OPERAND] as number;
        break;
      case OP.jump:
        step = (code[step + OPERAND] as number) - STEP;
        break;
      case OP.halt:
        reader.at = at;
        reader.checkEnd();
        return;
      case OP.union:
        reader.at = at;
        step = unionStep(program, reader, code[step + OPERAND] as number) - STEP;
        at = reader.at;
        break;
      default:
        reader.at = at;
        other(program, step, reader, marks, base, types[code[step + TYPE] as number] as AvroType);
        at = reader.at;
    }
    if (slot >= 0) marks[mark + END] = at;
  }
}

function unionStep({ unions }: Program, reader: Reader, union: number): number {
  const starts = unions[union] as readonly number[];
  return starts[reader.index(starts.length)] as number;
}

/** The rarer kinds of values. */
function other(
  { code, keys }: Program,
  step: number,
  reader: Reader,
  marks: Marks,
  base: number,
  type: AvroType,
): void {
  const operand = code[step + OPERAND] as number;
  if (code[step] === OP.boolean) reader.boolean();
  else if (code[step] === OP.index) reader.index(operand);
  else if (code[step] === OP.keys) runKeys(keys[operand] as WantedKeys, reader, marks, base);
  else reader.skip(type, operand);
}

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
        run(value.program, reader, marks, base);
      }
    }
    reader.endBlock(block);
  }
}
