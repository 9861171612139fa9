import { DIGEST_BYTES } from "../key-store.ts";
import { BlockWriter } from "./block-format.ts";
import type { Block } from "./block-store.ts";
import type { ClaimTable } from "./claim-table.ts";

/** Claims of one bucket, and when they were made. */
export interface AgedBlock extends Omit<Block, "last"> {
  /** Of the oldest of them; milliseconds since the epoch. */
  readonly claimedAt: number;
}

/**
 * The claims of a table, the oldest first. Those of one block are at most `spanMs` apart, and all become as old as its
 * oldest when they are taken in again. They are that group for ever then, however often they go out and in: groups
 * begin with their oldest claim rather than at fixed times, so no claim ages by more than `spanMs` in all.
 *
 * Made in one piece: entries are valid until the next claim only.
 */
export function agedBlocks(bucket: number, table: ClaimTable, spanMs: number): AgedBlock[] {
  const digest = new Uint8Array(DIGEST_BYTES);
  const entries = table.entries().sort((a, b) => table.time(a) - table.time(b));
  const blocks: AgedBlock[] = [];
  for (let from = 0, to = 0; from < entries.length; from = to) {
    const claimedAt = table.time(entries[from] ?? 0);
    while (to < entries.length && table.time(entries[to] ?? 0) <= claimedAt + spanMs) to++;
    const group = entries.subarray(from, to).sort((a, b) => table.coordinate(a) - table.coordinate(b));
    const writer = new BlockWriter(bucket);
    for (const entry of group) {
      table.digest(entry, digest);
      writer.add(digest, 0, table.coordinate(entry), table.fingerprint(entry));
    }
    for (const { bytes, first } of writer.done()) blocks.push({ bucket, first, bytes, claimedAt });
  }
  return blocks;
}
