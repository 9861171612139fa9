import type { Stored } from "./io.ts";

/** A record of a change topic, as far as judging it takes. */
export interface RowChange {
  /** Table and partition: where order holds. The same for a topic, its output, and the same table under another prefix. */
  readonly lane: string;
  /** The connector that sent it, by its header. */
  readonly source: string;
  readonly kind: "streamed" | "snapshot" | "tombstone";
  /** The transaction: a GTID, or PostgreSQL's number. Empty unless streamed. */
  readonly gtid: string;
  /** Where the source read it: with the operation, unique within the source's binlog. In PostgreSQL, rows of a COPY without a key share it. Empty unless streamed. */
  readonly position: string;
  readonly totalOrder: number;
  /** Everything that is equal on all connectors: GTID, operation, key, before, after; of a tombstone its key. */
  readonly content: string;
}

/** How the values of a topic are written. */
export interface Wire {
  /** Gets ready to read these records. */
  learn(records: readonly Stored[]): Promise<void>;
  decode(bytes: Buffer): unknown;
}

/** Nothing but JSON.parse, so that a defect in the product's own reading shows. */
export const JSON_WIRE: Wire = {
  learn: () => Promise.resolve(),
  decode: (bytes) => JSON.parse(bytes.toString()) as unknown,
};

interface Event {
  readonly before: unknown;
  readonly after: unknown;
  readonly op: string;
  readonly source: MariaDbSource | PostgresSource;
  readonly transaction: { readonly total_order: number } | null;
}

interface MariaDbSource {
  readonly gtid: string | null;
  readonly file: string;
  readonly pos: number;
  readonly row: number;
}

interface PostgresSource {
  readonly txId: number;
  readonly lsn: number;
}

const NOWHERE = { gtid: "", position: "", totalOrder: 0 } as const;

export function rowChange(
  topic: string,
  { headers, key, partition, value }: Stored,
  wire: Wire = JSON_WIRE,
): RowChange {
  const lane = `${topic.slice(topic.lastIndexOf(".") + 1)}-${partition}`;
  const header = headers.find((one) => "connector" in one)?.["connector"];
  const source = header instanceof Uint8Array ? Buffer.from(header).toString() : "";
  const keyText = key === null ? "no key" : JSON.stringify(wire.decode(key));
  if (value === null) return { ...NOWHERE, lane, source, kind: "tombstone", content: `tombstone ${keyText}` };
  const event = wire.decode(value) as Event;
  const snapshot = event.op === "r";
  const gtid = snapshot ? null : transactionOf(event.source);
  const content = JSON.stringify([gtid, event.op, keyText, event.before, event.after]);
  if (gtid === null) return { ...NOWHERE, lane, source, kind: "snapshot", content };
  const position = `${placeOf(event.source, keyText)}/${event.op}`;
  return { lane, source, kind: "streamed", gtid, position, totalOrder: event.transaction?.total_order ?? 0, content };
}

function transactionOf(source: MariaDbSource | PostgresSource): string | null {
  return "lsn" in source ? `${source.txId}` : source.gtid;
}

function placeOf(source: MariaDbSource | PostgresSource, key: string): string {
  return "lsn" in source ? `${source.lsn}/${key}` : `${source.file}/${source.pos}/${source.row}`;
}
