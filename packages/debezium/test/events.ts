import type { Header } from "@tandem-cdc/core";
import type { Delivery } from "./player.ts";

const encoder = new TextEncoder();

/** What a test says of a change; the rest is as Debezium sends it. */
export interface Told {
  readonly sequence?: number;
  readonly domain?: number;
  readonly file?: number;
  readonly pos?: number;
  readonly row?: number;
  readonly op?: string;
  readonly key?: number | null;
  readonly before?: string | null;
  readonly after?: string | null;
  readonly table?: string;
  readonly snapshot?: string;
  readonly gtid?: string | null;
  /** Name of the binlog without its number. */
  readonly base?: string;
  readonly order?: number;
}

/** The header that names the connector. */
export function sentBy(source: string): Header[] {
  return [{ key: "connector", value: encoder.encode(source) }];
}

/** The JSON of a change event of MariaDB. */
export function mariadbEvent(source: string, told: Told): string {
  const {
    sequence = 1,
    domain = 0,
    file = 1,
    pos = 100,
    row = 0,
    op = "u",
    before = null,
    after = null,
    order = 1,
  } = told;
  const {
    gtid = `${domain}-101-${sequence}`,
    base = source === "b" ? "bin3" : "bin2",
    table = "orders",
    snapshot = "false",
  } = told;
  return JSON.stringify({
    before: before === null ? null : { id: told.key, status: before },
    after: after === null ? null : { id: told.key, status: after },
    source: {
      version: "3.5.0.Final",
      connector: "mariadb",
      ts_ms: 1_700_000_000_000 + sequence,
      snapshot,
      db: "shop",
      table,
      server_id: 101,
      gtid,
      file: `${base}.${String(file).padStart(6, "0")}`,
      pos,
      row,
    },
    transaction: { id: gtid, total_order: order, data_collection_order: order },
    op,
    ts_ms: source === "b" ? 2 : 1,
  });
}

/** A change as `source` sends it. */
export function sent(source: string, told: Told): Delivery {
  const { key = 1 } = told;
  return {
    key: key === null ? null : encoder.encode(JSON.stringify({ id: key })),
    value: encoder.encode(mariadbEvent(source, { ...told, key })),
    headers: sentBy(source),
  };
}
