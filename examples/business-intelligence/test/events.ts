import { framed } from "@tandem-cdc/avro";
import avsc from "avsc";

/** A row of `orders`. */
interface Row {
  readonly id: number;
  readonly customer: string;
  readonly amount: string | null;
  readonly gift: number;
  readonly place: { readonly x: number; readonly y: number; readonly wkb: unknown; readonly srid: number } | null;
  readonly ordered_at: number;
  readonly note: string | null;
}

export interface Event {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly source: object;
  readonly op: string;
  readonly ts_ms: number;
}

const row = (id: number, wkb: unknown): Row => ({
  id,
  customer: "ann",
  amount: id === 2 ? null : "20.50",
  gift: id % 2,
  place: id === 2 ? null : { x: 8.5, y: 47.25, wkb, srid: 4326 },
  ordered_at: 1_795_417_707_372_123,
  note: "ring twice",
});

/** The change with this place in MariaDB's log, as connector `a` or `b` tells it: row 1 comes, row 2 comes, row 1 goes. */
export function event(sequence: number, connector: string, wkb: unknown): Event {
  const goes = sequence === 3;
  const it = row(goes ? 1 : sequence, wkb);
  return {
    before: goes ? it : null,
    after: goes ? null : it,
    source: {
      connector: "mariadb",
      ts_ms: 1_795_417_707_000,
      snapshot: "false",
      db: "shop",
      table: "orders",
      gtid: `0-101-${sequence}`,
      file: `${connector}.000001`,
      pos: sequence * 10,
      row: 0,
    },
    op: goes ? "d" : "c",
    ts_ms: 1_795_417_707_401,
  };
}

const optional = (type: unknown): object => ({ type: ["null", type], default: null });

/** The schemas that Debezium's Avro converter registers. */
export const KEY: object = {
  type: "record",
  name: "Key",
  namespace: "cdc.shop.orders",
  fields: [{ name: "id", type: "long" }],
  "connect.name": "cdc.shop.orders.Key",
};
export const ENVELOPE: object = {
  type: "record",
  name: "Envelope",
  namespace: "cdc.shop.orders",
  "connect.name": "cdc.shop.orders.Envelope",
  fields: [
    {
      name: "before",
      ...optional({
        type: "record",
        name: "Value",
        "connect.name": "cdc.shop.orders.Value",
        fields: [
          { name: "id", type: "long" },
          { name: "customer", type: "string" },
          { name: "amount", ...optional("string") },
          { name: "gift", type: { type: "int", "connect.type": "int16" } },
          {
            name: "place",
            ...optional({
              type: "record",
              name: "Point",
              namespace: "io.debezium.data.geometry",
              "connect.name": "io.debezium.data.geometry.Point",
              "connect.version": 1,
              fields: [
                { name: "x", type: "double" },
                { name: "y", type: "double" },
                { name: "wkb", ...optional("bytes") },
                { name: "srid", ...optional("int") },
              ],
            }),
          },
          {
            name: "ordered_at",
            type: { type: "long", "connect.name": "io.debezium.time.MicroTimestamp", "connect.version": 1 },
          },
          { name: "note", ...optional("string") },
        ],
      }),
    },
    { name: "after", ...optional("Value") },
    {
      name: "source",
      type: {
        type: "record",
        name: "Source",
        namespace: "io.debezium.connector.mariadb",
        "connect.name": "io.debezium.connector.mariadb.Source",
        fields: [
          { name: "connector", type: "string" },
          { name: "ts_ms", type: "long" },
          { name: "snapshot", type: [{ type: "string", "connect.default": "false" }, "null"], default: "false" },
          { name: "db", type: "string" },
          { name: "table", ...optional("string") },
          { name: "gtid", ...optional("string") },
          { name: "file", type: "string" },
          { name: "pos", type: "long" },
          { name: "row", type: "int" },
        ],
      },
    },
    { name: "op", type: "string" },
    { name: "ts_ms", ...optional("long") },
  ],
};

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function avro(id: number, schema: object, value: unknown): Uint8Array {
  return framed(id, avsc.Type.forSchema(schema as avsc.Schema).toBuffer(value));
}
