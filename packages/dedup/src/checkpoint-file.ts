import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { AgedBlock, Anchor, JsonValue } from "@tandem-cdc/core";

// A checkpoint file: the length of its head (4 bytes, little endian), the head (JSON), blocks, and the SHA-256 of all that.
// A block: bucket, first coordinate and time (8-byte floats), the length of its bytes (4), its bytes.
const VERSION = 1;
const BLOCK_HEAD = 28;
const CHECKSUM = 32;
/** Written or read at once: a millisecond's work, after which others have their turn. */
const PIECE = 64 * 1024;

/** Up to where a lane's claims were made, and what was known there. */
export interface Checkpoint {
  /** Whose claims these are: for a lane that differs in any of it they mean nothing. */
  readonly of: Readonly<Record<string, string | number>>;
  /** Every record below it has made its claims. */
  readonly offset: number;
  /** What the identity remembered there. */
  readonly identity?: JsonValue | undefined;
  /** The last record below it, by which the log is recognised. */
  readonly anchor: Anchor;
  readonly writtenAt: number;
}

/** Writes beside the file and renames: whoever is killed meanwhile leaves the old one, on disk before its name is. */
export async function writeCheckpoint(path: string, head: Checkpoint, blocks: Iterable<AgedBlock>): Promise<void> {
  const beside = `${path}.tmp`;
  await rm(beside, { force: true });
  const file = await open(beside, "wx", 0o600);
  try {
    await writeAll(file, head, blocks);
    await file.sync();
  } catch (thrown) {
    await file.close();
    await rm(beside, { force: true });
    throw thrown;
  }
  await file.close();
  await rename(beside, path);
}

async function writeAll(file: FileHandle, head: Checkpoint, blocks: Iterable<AgedBlock>): Promise<void> {
  const checksum = createHash("sha256");
  let pieces: Uint8Array[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pieces);
    pieces = [];
    length = 0;
    checksum.update(bytes);
    await file.appendFile(bytes);
  };
  const json = Buffer.from(JSON.stringify({ version: VERSION, ...head }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  pieces.push(size, json);
  for (const block of blocks) {
    pieces.push(headOf(block), block.bytes);
    length += BLOCK_HEAD + block.bytes.length;
    if (length >= PIECE) await flush();
  }
  await flush();
  await file.appendFile(checksum.digest());
}

function headOf({ bucket, bytes, claimedAt, first }: AgedBlock): Buffer {
  const head = Buffer.alloc(BLOCK_HEAD);
  head.writeDoubleLE(bucket, 0);
  head.writeDoubleLE(first, 8);
  head.writeDoubleLE(claimedAt, 16);
  head.writeUInt32LE(bytes.length, 24);
  return head;
}

/** A checkpoint file whose checksum is right. */
export class CheckpointFile {
  readonly #file: FileHandle;
  readonly #end: number;
  readonly checkpoint: Checkpoint;
  #at: number;

  private constructor(file: FileHandle, checkpoint: Checkpoint, at: number, end: number) {
    this.#file = file;
    this.checkpoint = checkpoint;
    this.#at = at;
    this.#end = end;
  }

  /** Throws on anything that is not a whole checkpoint of this version. */
  static async open(path: string): Promise<CheckpointFile> {
    const file = await open(path, "r");
    try {
      const end = (await file.stat()).size - CHECKSUM;
      if (!(await isWhole(file, end))) throw new Error("it is damaged");
      const length = (await bytesOf(file, 0, 4)).readUInt32LE(0);
      if (length > end - 4) throw new Error("it is cut short");
      const { version, ...head } = JSON.parse((await bytesOf(file, 4, length)).toString()) as Checkpoint & {
        version: number;
      };
      if (version !== VERSION) throw new Error(`it is of version ${version}`);
      if (!isSound(head)) throw new Error("its head is not one of ours");
      return new CheckpointFile(file, head, 4 + length, end);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  async *blocks(): AsyncGenerator<AgedBlock> {
    let piece: Buffer = Buffer.alloc(0);
    let from = 0;
    const take = async (length: number): Promise<Buffer> => {
      if (length > this.#end - this.#at) throw new Error("it is cut short");
      if (from + length > piece.length) {
        piece = await bytesOf(this.#file, this.#at, Math.min(Math.max(length, PIECE), this.#end - this.#at));
        from = 0;
      }
      const taken = piece.subarray(from, from + length);
      from += length;
      this.#at += length;
      return taken;
    };
    while (this.#at < this.#end) {
      const head = await take(BLOCK_HEAD);
      const bytes = await take(head.readUInt32LE(24));
      const [bucket, first, claimedAt] = [head.readDoubleLE(0), head.readDoubleLE(8), head.readDoubleLE(16)];
      // A time that is none would never come to an end of its group when the claims are written again.
      if (!(Number.isSafeInteger(bucket) && Number.isSafeInteger(first) && Number.isFinite(claimedAt)))
        throw new Error("it holds a block that is not one of ours");
      yield { bucket, first, claimedAt, bytes };
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A right checksum says that the file is as it was written, not by whom. */
function isSound({ anchor, of, offset, writtenAt }: Partial<Checkpoint>): boolean {
  const objects = [of, anchor].every((part) => typeof part === "object" && part !== null);
  return objects && Number.isSafeInteger(offset) && Number.isFinite(writtenAt);
}

async function isWhole(file: FileHandle, end: number): Promise<boolean> {
  if (end < 4) return false;
  const checksum = createHash("sha256");
  for (let at = 0; at < end; at += PIECE) checksum.update(await bytesOf(file, at, Math.min(PIECE, end - at)));
  return checksum.digest().equals(await bytesOf(file, end, CHECKSUM));
}

async function bytesOf(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let got = 0; got < length;) {
    const { bytesRead } = await file.read(bytes, got, length - got, at + got);
    if (bytesRead === 0) throw new Error("it is cut short");
    got += bytesRead;
  }
  return bytes;
}
