import { TandemError } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "./change-event.ts";
import { type Gtid, parseGtid } from "./gtid.ts";
import { type BinlogPosition, parseFile } from "./marks.ts";
import { hashBytes } from "./occurrences.ts";

export function unidentifiable(why: string): TandemError {
  return new TandemError("RECORD_UNIDENTIFIABLE", why);
}

/** The last file name and GTID seen, parsed: neighbours share them. */
let lastFile: { readonly name: string; readonly base: string; readonly file: number } = { name: "", base: "", file: 0 };
let lastGtid: NamedGtid | undefined;

/** A GTID as it stands in the event, and parsed. */
export interface NamedGtid {
  readonly name: string;
  readonly gtid: Gtid;
}

/** The GTID of a streamed change. Throws RECORD_UNIDENTIFIABLE when there is none. */
export function gtidOf(event: ChangeEvent): NamedGtid {
  const name = event.sourceText(SOURCE_FIELD.gtid);
  if (name !== null && name === lastGtid?.name) return lastGtid;
  const gtid = name === null ? null : parseGtid(name);
  if (name === null || gtid === null)
    throw unidentifiable(
      name === null
        ? "a streamed change without source.gtid"
        : `source.gtid "${name.slice(0, 60)}" is not a MariaDB GTID`,
    );
  lastGtid = { name, gtid };
  return lastGtid;
}

export function positionOf(event: ChangeEvent, op: string): BinlogPosition {
  const name = event.sourceText(SOURCE_FIELD.file) ?? "";
  if (name !== lastFile.name) {
    const parsed = parseFile(name);
    if (parsed === null) throw unidentifiable(`source.file "${name.slice(0, 60)}" is not the name of a binlog file`);
    lastFile = { name, ...parsed };
  }
  const { base, file } = lastFile;
  const pos = event.sourceInteger(SOURCE_FIELD.pos);
  const row = event.sourceInteger(SOURCE_FIELD.row);
  // To take 0 for what is missing would make a re-delivery of a new change.
  if (pos === null || row === null) throw unidentifiable("a streamed change without source.pos and source.row");
  return { base, file, pos, row, rank: op === "d" ? 0 : 1 };
}

/** What occurrence numbers are counted by: table, operation and key. */
export function rowHash(event: ChangeEvent, op: string, key: Uint8Array | null): number {
  const table = hashBytes(
    hashBytes(op.charCodeAt(0), event.sourceRaw(SOURCE_FIELD.db)),
    event.sourceRaw(SOURCE_FIELD.table),
  );
  return hashBytes(table, key);
}
