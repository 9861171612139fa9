import type { Stored } from "./io.ts";

/** A record of a change topic, as far as judging it takes. */
export interface RowChange {
  /** Table and partition: where order holds. The same for a topic, its output, and the same table under another prefix. */
  readonly lane: string;
  /** The connector that sent it, by its header. */
  readonly source: string;
  readonly kind: "streamed" | "snapshot" | "tombstone";
  /** Empty unless streamed. */
  readonly gtid: string;
  /** Where the source read it: with the operation, unique within the source's binlog. Empty unless streamed. */
  readonly position: string;
  readonly totalOrder: number;
  /** Everything that is equal on all connectors: GTID, operation, key, before, after; of a tombstone its key. */
  readonly content: string;
}

interface Event {
  readonly before: unknown;
  readonly after: unknown;
  readonly op: string;
  readonly source: { readonly gtid: string | null; readonly file: string; readonly pos: number; readonly row: number };
  readonly transaction: { readonly total_order: number } | null;
}

const NOWHERE = { gtid: "", position: "", totalOrder: 0 } as const;

/** Reads a record with nothing but JSON.parse, so that a defect in the product's own reading shows. */
export function rowChange(topic: string, { headers, key, partition, value }: Stored): RowChange {
  const lane = `${topic.slice(topic.lastIndexOf(".") + 1)}-${partition}`;
  const header = headers.find((one) => "connector" in one)?.["connector"];
  const source = header instanceof Uint8Array ? Buffer.from(header).toString() : "";
  const keyText = key === null ? "no key" : key.toString();
  if (value === null) return { ...NOWHERE, lane, source, kind: "tombstone", content: `tombstone ${keyText}` };
  const event = JSON.parse(value.toString()) as Event;
  const { gtid, file, pos, row } = event.source;
  const content = JSON.stringify([gtid, event.op, keyText, event.before, event.after]);
  if (gtid === null) return { ...NOWHERE, lane, source, kind: "snapshot", content };
  const position = `${file}/${pos}/${row}/${event.op}`;
  return { lane, source, kind: "streamed", gtid, position, totalOrder: event.transaction?.total_order ?? 0, content };
}
