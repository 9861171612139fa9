import { randomBytes } from "node:crypto";
import type { Block, BlockStore, Lane, StoredBlock } from "@tandem-cdc/core";
import { NEVER } from "./conformance.ts";

/** Bytes that tell a block's name, so that a mix-up shows. */
export function block(bucket: number, first: number, last: number, size = 40): Block {
  const bytes = Uint8Array.from(randomBytes(size));
  return { bucket, first, last, bytes };
}

/** As it can be compared: in order of name, bytes in hex. */
export interface Shown {
  readonly first: number;
  readonly last: number;
  readonly bytes: string;
}

export function shown(blocks: readonly StoredBlock[]): Shown[] {
  return blocks
    .map(({ bytes, first, last }) => ({ first, last, bytes: Buffer.from(bytes).toString("hex") }))
    .sort((a, b) => a.first - b.first || a.last - b.last || a.bytes.localeCompare(b.bytes));
}

/** All blocks of a bucket; they are looked at when the last has come, as a store may not reuse their bytes. */
export async function loaded(
  store: BlockStore,
  lane: Lane,
  bucket: number,
  signal: AbortSignal = NEVER,
): Promise<Shown[]> {
  const blocks: StoredBlock[] = [];
  for await (const one of store.load(lane, bucket, signal)) blocks.push(one);
  return shown(blocks);
}

/** Appends copies, and overwrites them as soon as the append has resolved: they are the caller's again. */
export async function append(
  store: BlockStore,
  lane: Lane,
  blocks: readonly Block[],
  signal: AbortSignal = NEVER,
): Promise<void> {
  const lent = blocks.map((b) => ({ ...b, bytes: Uint8Array.from(b.bytes) }));
  await store.append(lane, lent, signal);
  for (const { bytes } of lent) bytes.fill(0xdd);
}
