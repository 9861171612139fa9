import type { Gtid } from "./gtid.ts";

/** A place in a replica's binlog. `rank` orders the two events of a primary-key change: the delete comes first. */
export interface BinlogPosition {
  /** Name of the binlog without its number. */
  readonly base: string;
  readonly file: number;
  readonly pos: number;
  readonly row: number;
  readonly rank: number;
}

/** Per source and GTID domain: the highest GTID sequence and the highest binlog position, each for itself. */
export interface Mark {
  sequence: number;
  position: BinlogPosition;
}

/** Reads `bin2.000001`. */
export function parseFile(name: string): { readonly base: string; readonly file: number } | null {
  const match = /^(.*)\.(\d+)$/.exec(name);
  return match === null ? null : { base: match[1] ?? "", file: Number(match[2]) };
}

/** Positions have 32 bits in the binlog, and begin anew in what a transaction writes beyond 4 GiB of its file. */
const WRAP = 2 ** 32;

/**
 * The position with as many times 4 GiB more as bring it next to `near`, a place in the same transaction and file. Less
 * than 2 GiB lie between what a source sends one after the other; a source that goes back further within one transaction
 * sends changes that come out twice, never none.
 */
export function unwrapped(position: BinlogPosition, near: BinlogPosition): BinlogPosition {
  const wraps = Math.round((near.pos - position.pos) / WRAP);
  return wraps > 0 ? { ...position, pos: position.pos + wraps * WRAP } : position;
}

export function comparePositions(a: BinlogPosition, b: BinlogPosition): number {
  return a.file - b.file || a.pos - b.pos || a.row - b.row || a.rank - b.rank;
}

/**
 * What a streamed record is to its own source:
 * - `new`: it stands higher in the binlog than everything before (`disorder`: under a lower GTID);
 * - `redelivery`: at or below both marks, the source has sent it before;
 * - anything else means that the source no longer reads the binlog that it read before: `repointed`, with the reason.
 */
export type Judgement =
  | { readonly kind: "new"; readonly disorder: boolean }
  | { readonly kind: "redelivery" }
  | { readonly kind: "repointed"; readonly why: string };

export const NEW: Judgement = { kind: "new", disorder: false };
const DISORDER: Judgement = { kind: "new", disorder: true };
const REDELIVERY: Judgement = { kind: "redelivery" };

export function judge(mark: Mark, gtid: Gtid, position: BinlogPosition): Judgement {
  if (position.base !== mark.position.base)
    return { kind: "repointed", why: `it read binlog "${mark.position.base}" and now reads "${position.base}"` };
  const higher = comparePositions(position, mark.position) > 0;
  if (higher) return gtid.sequence < mark.sequence ? DISORDER : NEW;
  if (gtid.sequence <= mark.sequence) return REDELIVERY;
  return {
    kind: "repointed",
    why: `GTID sequence ${gtid.sequence} is higher than ${mark.sequence}, but lies lower in the binlog`,
  };
}

export function advance(mark: Mark, gtid: Gtid, position: BinlogPosition): void {
  mark.sequence = Math.max(mark.sequence, gtid.sequence);
  mark.position = position;
}
