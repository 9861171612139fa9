import type { WireHeader, WireRecord, WireSchema } from "@tandem-cdc/testbed";

// Records that are alike enough to those of a shop's database: a row of eight columns, Debezium's event of it, and an event
// of an outbox table.

const text: WireSchema = { type: "string", optional: false };
const optionalText: WireSchema = { type: "string", optional: true };
const long: WireSchema = { type: "int64", optional: false };

function struct(fields: Readonly<Record<string, WireSchema>>, name: string, optional = false): WireSchema {
  return {
    type: "struct",
    optional,
    name,
    fields: Object.entries(fields).map(([field, schema]) => ({ name: field, schema })),
  };
}

const keySchema = struct({ id: long }, "shop.orders.Key");
const row = (optional: boolean): WireSchema =>
  struct(
    {
      id: long,
      customer: text,
      email: optionalText,
      amount: { type: "float64", optional: false },
      quantity: { type: "int32", optional: false },
      created: { type: "int64", optional: false, name: "io.debezium.time.Timestamp", version: 1 },
      note: optionalText,
      address: struct({ street: text, city: text, zip: optionalText }, "shop.Address", true),
    },
    "shop.orders.Value",
    optional,
  );
const source = struct(
  { version: text, connector: text, name: text, ts_ms: long, db: text, table: text, txId: long, lsn: long },
  "io.debezium.connector.postgresql.Source",
);
const envelope = (of: WireSchema): WireSchema =>
  struct({ before: of, after: of, source, op: text, ts_ms: { type: "int64", optional: true } }, "shop.orders.Envelope");
const outboxRow = struct(
  { id: text, aggregatetype: text, aggregateid: text, type: text, payload: optionalText },
  "shop.outbox.Value",
  true,
);

const BEGAN = 1_790_000_000_000;
/** Distinct records, used in turn. */
const COUNT = 500;

const $long = (value: number): unknown => ({ $long: String(value) });

function rowOf(i: number): Readonly<Record<string, unknown>> {
  return {
    id: $long(i),
    customer: `customer-${i % 97}`,
    email: i % 5 === 0 ? null : `somebody.${i % 97}@example.org`,
    amount: i + 0.25,
    quantity: i % 9,
    created: $long(BEGAN + i * 1000),
    note: i % 3 === 0 ? null : "leave it at the door, please",
    address: { street: `Long Street ${i % 200}`, city: "Springfield", zip: String(10_000 + (i % 900)) },
  };
}

function sourceOf(i: number, table: string): Readonly<Record<string, unknown>> {
  return {
    version: "3.5.0.Final",
    connector: "postgresql",
    name: "shop",
    ts_ms: $long(BEGAN + i),
    db: "shop",
    table,
    txId: $long(1000 + i),
    lsn: $long(24_000_000 + i * 56),
  };
}

const headers: readonly WireHeader[] = ["trace", "origin"].map((key) => ({
  key,
  bytes: Buffer.from(`${key}-of-this-record`).toString("base64"),
}));

function many(
  topic: string,
  valueSchema: WireSchema,
  valueOf: (i: number) => unknown,
  as: "sink" | "source" = "sink",
): readonly WireRecord[] {
  return Array.from({ length: COUNT }, (_, i) => ({
    as,
    topic,
    partition: 0,
    offset: i,
    timestamp: BEGAN + i,
    headers,
    keySchema,
    key: { id: $long(i) },
    valueSchema,
    value: valueOf(i),
  }));
}

export type SampleName = "rows" | "events" | "outbox";

export const SAMPLES: Readonly<Record<SampleName, readonly WireRecord[]>> = {
  rows: many("shop.public.orders", row(false), rowOf),
  events: many(
    "shop.public.orders",
    envelope(row(true)),
    (i) => ({
      before: { ...rowOf(i), quantity: 0 },
      after: rowOf(i),
      source: sourceOf(i, "orders"),
      op: "u",
      ts_ms: $long(BEGAN + i + 7),
    }),
    "source",
  ),
  outbox: many(
    "shop.public.outbox",
    envelope(outboxRow),
    (i) => ({
      before: null,
      after: {
        id: `event-${i}`,
        aggregatetype: "order",
        aggregateid: String(i),
        type: "created",
        payload: JSON.stringify({ order: i, customer: `customer-${i % 97}` }),
      },
      source: sourceOf(i, "outbox"),
      op: "c",
      ts_ms: $long(BEGAN + i + 7),
    }),
    "source",
  ),
};
