import { TandemError } from "../errors.ts";
import { DIGEST_BYTES } from "../key-store.ts";
import { type Block, MAX_BLOCK_BYTES } from "./block-store.ts";
import { KEPT_DIGEST_BYTES } from "./claim-table.ts";

// A block: version (1 byte), then per claim the digest's first bytes (12), the fingerprint (4, little endian) and the
// distance of its coordinate from the previous claim's (the first: from the block's), a LEB128 of one to eight bytes.
const VERSION = 1;
const FIXED = KEPT_DIGEST_BYTES + 4;
const LONGEST = FIXED + 8;

/** Where blocks are put together, for the next writers: to allocate it anew would cost more than the packing. */
const spare: Uint8Array[] = [];
const SPARES = 64;
const FIRST_BYTES = 1_024;
const SPARE_BYTES = 8 * 1024;

/** Packs claims of one bucket, in ascending order of coordinate, into blocks of bounded size. */
export class BlockWriter {
  readonly #bucket: number;
  readonly #blocks: Block[] = [];
  #bytes: Uint8Array = spare.pop() ?? new Uint8Array(0);
  #length = 0;
  #first = -1;
  #last = -1;

  constructor(bucket: number) {
    this.#bucket = bucket;
  }

  /** `digests[at, at + DIGEST_BYTES)`. */
  add(digests: Uint8Array, at: number, coordinate: number, fingerprint: number): void {
    if (this.#length + LONGEST > MAX_BLOCK_BYTES) this.#end();
    if (this.#length === 0) {
      this.#room(1);
      this.#bytes[this.#length++] = VERSION;
      this.#first = coordinate;
      this.#last = coordinate;
    }
    this.#room(LONGEST);
    const bytes = this.#bytes;
    for (let i = 0; i < KEPT_DIGEST_BYTES; i++) bytes[this.#length++] = digests[at + i] ?? 0;
    for (let shift = 0; shift < 32; shift += 8) bytes[this.#length++] = (fingerprint >>> shift) & 0xff;
    let distance = coordinate - this.#last;
    for (; distance >= 0x80; distance = Math.floor(distance / 0x80)) bytes[this.#length++] = (distance % 0x80) | 0x80;
    bytes[this.#length++] = distance;
    this.#last = coordinate;
  }

  done(): readonly Block[] {
    this.#end();
    if (spare.length < SPARES && this.#bytes.length > 0 && this.#bytes.length <= SPARE_BYTES) spare.push(this.#bytes);
    this.#bytes = new Uint8Array(0);
    return this.#blocks;
  }

  #end(): void {
    if (this.#length === 0) return;
    const bytes = this.#bytes.slice(0, this.#length);
    this.#blocks.push({ bucket: this.#bucket, first: this.#first, last: this.#last, bytes });
    this.#length = 0;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(FIRST_BYTES, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Takes one claim of a block: `digests[at, at + DIGEST_BYTES)`, padded with zeros. */
export type BlockVisitor = (digests: Uint8Array, at: number, coordinate: number, fingerprint: number) => void;

function broken(why: string): TandemError {
  return new TandemError(
    "STORE_UNSAFE",
    `the key store holds a block that is not one of ours: ${why}. Another program writes there, or a newer release did; give this pipeline a namespace of its own.`,
  );
}

/** Hands every claim of a block to `visit`, in ascending order of coordinate. Throws STORE_UNSAFE on bytes that are none. */
export function readBlock(bytes: Uint8Array, first: number, visit: BlockVisitor): void {
  if (bytes[0] !== VERSION) throw broken(bytes.length === 0 ? "it is empty" : `version ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const digest = new Uint8Array(DIGEST_BYTES);
  let coordinate = first;
  for (let at = 1; at < bytes.length;) {
    if (at + FIXED >= bytes.length) throw broken("it is cut short");
    for (let i = 0; i < KEPT_DIGEST_BYTES; i++) digest[i] = bytes[at + i] ?? 0;
    const fingerprint = view.getUint32(at + KEPT_DIGEST_BYTES, true);
    at += FIXED;
    let byte = 0x80;
    for (let scale = 1; byte >= 0x80; scale *= 0x80) {
      if (at >= bytes.length || scale > 2 ** 49) throw broken("it is cut short");
      byte = bytes[at++] ?? 0;
      coordinate += (byte & 0x7f) * scale;
    }
    visit(digest, 0, coordinate, fingerprint);
  }
}
