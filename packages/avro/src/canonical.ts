import { TAG, tagOf } from "./canonical-tags.ts";
import type { PathTree } from "./paths.ts";
import { itemOf, type Reader } from "./reader.ts";
import { COPY, RecordForm, sized } from "./record-form.ts";
import { BEGIN, END, KIND, MARK, type Marks } from "./program.ts";
import type { AvroField, AvroType } from "./schema.ts";
import { malformed } from "./wire.ts";

/**
 * Writes values in a form of bytes that are equal exactly when the values are, whatever the schema that they were written
 * with: record fields in the order of their names, null fields left out, records and enums without their own names, int
 * and long alike, float and double alike, maps in the order of their keys.
 *
 * A value is a tag and its content. The contents are Avro's own bytes in their shortest notation, copied. A record's
 * content is the names and tags of its fields, then their contents. Every value tells where it ends, so that different
 * ones never give the same bytes.
 */
export class CanonicalWriter {
  #out = new Uint8Array(4_096);
  #length = 0;
  /** Where the fields of the records that are being written lie, a stack. */
  #marks: Marks = new Int32Array(1_024);
  #top = 0;
  readonly #forms = new Map<AvroType, RecordForm>();

  /** Forgets what was written; until then slices keep their bytes. */
  reset(): void {
    this.#length = 0;
    // One huge payload is no reason to hold the memory for good.
    if (this.#out.length > 4 << 20) this.#out = new Uint8Array(4_096);
  }

  /** The value at the reader's place, without what `except` names. Valid until `reset`. */
  write(type: AvroType, reader: Reader, except: PathTree | null): Uint8Array {
    const from = this.#length;
    this.#top = 0;
    this.#value(type, reader, except);
    return this.#out.subarray(from, this.#length);
  }

  #value(type: AvroType, reader: Reader, except: PathTree | null): void {
    const inner = type.kind === "union" ? reader.branch(type) : type;
    for (const tag of tagOf(inner)) this.#byte(tag);
    this.#content(inner, reader, except);
  }

  #content(type: AvroType, reader: Reader, except: PathTree | null): void {
    if (type.kind === "record") return this.#record(type, reader, except);
    if (type.kind === "array") return this.#array(type, reader, except);
    if (type.kind === "map") return this.#map(type, reader, except);
    const from = reader.at;
    reader.skip(type, 0);
    this.#leaf(type, reader.bytes, from, reader.at);
  }

  #record(type: AvroType, reader: Reader, except: PathTree | null): void {
    let form = this.#forms.get(type);
    if (form === undefined) this.#forms.set(type, (form = new RecordForm(type)));
    const base = this.#top;
    this.#top += MARK * type.fields.length;
    if (this.#top > this.#marks.length) this.#marks = grown(this.#marks, this.#top);
    this.#marks.fill(-1, base, this.#top);
    const start = reader.at;
    form.program.run(reader, this.#marks, base);
    const end = reader.at;
    const shape = except === null ? form.shape(this.#marks, base) : form.shapeWithout(except, this.#marks, base);
    const { header, slots, copies } = shape;
    const { bytes } = reader;
    this.#room(header.length + end - start);
    let out = this.#out;
    let at = this.#length;
    out.set(header, at);
    at += header.length;
    for (let s = 0; s < slots.length; s++) {
      const slot = slots[s] as number;
      const mark = base + MARK * slot;
      const from = this.#marks[mark + BEGIN] as number;
      const to = this.#marks[mark + END] as number;
      if (isContent(copies[s] as number, bytes, from, to)) {
        if (to - from > 64) out.set(bytes.subarray(from, to), at);
        else for (let i = from, o = at; i < to; i++, o++) out[o] = bytes[i] as number;
        at += to - from;
        continue;
      }
      this.#length = at;
      reader.at = from;
      const inner = form.program.types[this.#marks[mark + KIND] as number] as AvroType;
      this.#content(inner, reader, except?.names.get((form.fields[slot] as AvroField).name) ?? null);
      // It may have taken more room than its own bytes had.
      this.#room(end - start);
      out = this.#out;
      at = this.#length;
    }
    this.#length = at;
    reader.at = end;
    this.#top = base;
  }

  #array(type: AvroType, reader: Reader, except: PathTree | null): void {
    for (let block = reader.block(type); block.count > 0; block = reader.block(type)) {
      for (let n = block.count; n > 0; n--) this.#value(itemOf(type), reader, except);
      reader.endBlock(block);
    }
    this.#byte(TAG.end);
  }

  #map(type: AvroType, reader: Reader, except: PathTree | null): void {
    const { bytes } = reader;
    const entries: Entry[] = [];
    for (let block = reader.block(type); block.count > 0; block = reader.block(type)) {
      for (let n = block.count; n > 0; n--) {
        const from = reader.span();
        entries.push({ from, to: reader.at });
        reader.skip(itemOf(type), 0);
      }
      reader.endBlock(block);
    }
    const end = reader.at;
    entries.sort((a, b) => compare(bytes, a, b) || a.from - b.from);
    for (const [e, entry] of entries.entries()) {
      const next = entries[e + 1];
      // Of equal keys the last counts, as in every decoder's map.
      if (next !== undefined && compare(bytes, entry, next) === 0) continue;
      const below = except === null ? undefined : except.names.get(reader.text(entry.from, entry.to));
      if (below !== undefined && below.slot >= 0) continue;
      this.#byte(TAG.text);
      this.#sized(bytes, entry.from, entry.to);
      reader.at = entry.to;
      this.#value(itemOf(type), reader, below ?? null);
    }
    reader.at = end;
    this.#byte(TAG.end);
  }

  /** A value that holds no others, between `from` and `to`. */
  #leaf(type: AvroType, bytes: Uint8Array, from: number, to: number): void {
    switch (type.kind) {
      case "string":
        return this.#span(bytes, from, to);
      case "int":
      case "long":
        return this.#varint(bytes, from, to);
      case "bytes":
        if (type.meaning === "decimal") return this.#decimal(bytes, afterVarint(bytes, from), to);
        return this.#span(bytes, from, to);
      case "fixed":
        if (type.meaning === "decimal") return this.#decimal(bytes, from, to);
        return this.#sized(bytes, from, to);
      case "double":
        return this.#double(bytes, from, to);
      case "float":
        return this.#number(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(from, true));
      case "enum": {
        // One byte in nearly every schema; the reader has checked it.
        const symbol = encoder.encode(type.symbols[indexOf(bytes, from, to)]);
        return this.#sized(symbol, 0, symbol.length);
      }
      case "null":
      case "boolean":
        return this.#copy(bytes, from, to);
      case "array":
      case "map":
      case "record":
      case "union":
        throw new TypeError(`a ${type.kind} is no leaf`);
    }
  }

  /** A length and its bytes. Only a length in more bytes than it needs has to be written anew. */
  #span(bytes: Uint8Array, from: number, to: number): void {
    if ((bytes[from] as number) < 0x80) return this.#copy(bytes, from, to);
    const first = afterVarint(bytes, from);
    if (bytes[first - 1] === 0) this.#sized(bytes, first, to);
    else this.#copy(bytes, from, to);
  }

  #varint(bytes: Uint8Array, from: number, to: number): void {
    let last = to - 1;
    if (last === from || bytes[last] !== 0) return this.#copy(bytes, from, to);
    while (last > from && ((bytes[last] as number) & 0x7f) === 0) last--;
    this.#copy(bytes, from, last);
    this.#byte((bytes[last] as number) & 0x7f);
  }

  /** A fixed has bytes to spare: those that only repeat the sign are left out. */
  #decimal(bytes: Uint8Array, from: number, to: number): void {
    let first = from;
    while (repeatsSign(bytes, first, to)) first++;
    this.#sized(bytes, first, to);
  }

  /** Zero has two signs and NaN many forms; as values they are one each. */
  #double(bytes: Uint8Array, from: number, to: number): void {
    const high = bytes[to - 1] as number;
    if (high !== 0x80 && (high & 0x7f) !== 0x7f) this.#copy(bytes, from, to);
    else this.#number(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(from, true));
  }

  #number(value: number): void {
    scratch.setFloat64(0, value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value, true);
    this.#copy(scratchBytes, 0, 8);
  }

  #sized(bytes: Uint8Array, from: number, to: number): void {
    for (const byte of sized(to - from)) this.#byte(byte);
    this.#copy(bytes, from, to);
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#out[this.#length++] = byte;
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#room(length);
    const out = this.#out;
    const at = this.#length;
    if (length > 64) out.set(bytes.subarray(from, to), at);
    else for (let i = 0; i < length; i++) out[at + i] = bytes[from + i] as number;
    this.#length = at + length;
  }

  /** Slices that were given out stay on the memory that they were cut from. */
  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#out.length) return;
    if (needed > MAX_LENGTH) throw malformed("its canonical form has no room");
    const larger = new Uint8Array(Math.max(needed, 2 * this.#out.length));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}

/** Field names make the form longer than the payload, by a factor that the schema has in hand. */
const MAX_LENGTH = 256 << 20;

const encoder = new TextEncoder();
const scratchBytes = new Uint8Array(8);
const scratch = new DataView(scratchBytes.buffer);

/** Whether the bytes of a value are its content as they are, which nearly all are. */
function isContent(copy: number, bytes: Uint8Array, from: number, to: number): boolean {
  if (copy === COPY.span) return (bytes[from] as number) < 0x80;
  if (copy === COPY.varint) return bytes[to - 1] !== 0 || to === from + 1;
  if (copy === COPY.decimal) return (bytes[from] as number) < 0x80 && !repeatsSign(bytes, from + 1, to);
  const high = bytes[to - 1] as number;
  return copy === COPY.double && high !== 0x80 && (high & 0x7f) !== 0x7f;
}

/** Whether the first byte of a number says no more than its sign, which the second one says too. */
function repeatsSign(bytes: Uint8Array, first: number, to: number): boolean {
  return first < to - 1 && bytes[first] === (((bytes[first + 1] as number) & 0x80) === 0 ? 0 : 0xff);
}

function afterVarint(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at++] as number) >= 0x80);
  return at;
}

/** Of an enum's symbol, which has been read before. */
function indexOf(bytes: Uint8Array, from: number, to: number): number {
  let index = 0;
  for (let i = to - 1; i >= from; i--) index = index * 128 + ((bytes[i] as number) & 0x7f);
  return index / 2;
}

/** A map's key: its first byte, and the one behind it. */
interface Entry {
  readonly from: number;
  readonly to: number;
}

function compare(bytes: Uint8Array, a: Entry, b: Entry): number {
  const length = Math.min(a.to - a.from, b.to - b.from);
  for (let i = 0; i < length; i++) {
    const difference = (bytes[a.from + i] as number) - (bytes[b.from + i] as number);
    if (difference !== 0) return difference;
  }
  return a.to - a.from - (b.to - b.from);
}

function grown(old: Marks, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, 2 * old.length));
  larger.set(old);
  return larger;
}
