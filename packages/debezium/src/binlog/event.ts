import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { hashBytes } from "../occurrences.ts";
import { unidentifiable } from "../unidentifiable.ts";
import type { Gtid, GtidDialect } from "./gtid.ts";
import { type BinlogPosition, parseFile } from "./marks.ts";

/** The last file name seen, parsed: neighbours share it. */
let lastFile: { readonly name: string; readonly base: string; readonly file: number } = { name: "", base: "", file: 0 };

/** A GTID as it stands in the event, and parsed. */
export interface NamedGtid {
  readonly name: string;
  readonly gtid: Gtid;
}

/** Reads the GTIDs of streamed changes. The last one is remembered: neighbours share it. */
export class GtidReader {
  readonly #dialect: GtidDialect;
  #last: NamedGtid | undefined;

  constructor(dialect: GtidDialect) {
    this.#dialect = dialect;
  }

  /** Null when the event has none. Throws RECORD_UNIDENTIFIABLE on what is no GTID of this database. */
  read(event: ChangeEvent): NamedGtid | null {
    const name = event.sourceText(SOURCE_FIELD.gtid);
    if (name === null) return null;
    if (name === this.#last?.name) return this.#last;
    const gtid = this.#dialect.parse(name);
    if (gtid === null)
      throw unidentifiable(`source.gtid "${name.slice(0, 60)}" is not a ${this.#dialect.database} GTID`);
    this.#last = { name, gtid };
    return this.#last;
  }
}

/** Where in its replica's binlog an event lies. */
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

/** Everything that a change says. Of 53 bits: by it a change is taken for one that was sent before. */
export function contentHash(event: ChangeEvent, op: string, key: Uint8Array | null): number {
  const row = rowHash(event, op, key);
  const low = hashBytes(hashBytes(row, event.before), event.after);
  const high = hashBytes(hashBytes(hashBytes(~row, key), event.before), event.after);
  return (high % 2 ** 21) * 2 ** 32 + low;
}
