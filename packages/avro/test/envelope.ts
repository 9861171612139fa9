/** Debezium's envelope for a table of 15 columns, as Connect's Avro converter writes it, and a change of it. */

const COLUMNS: readonly (readonly [name: string, type: unknown])[] = [
  ["id", "long"],
  ["customer_id", "long"],
  ["customer", optional("string")],
  [
    "status",
    optional({
      type: "string",
      "connect.name": "io.debezium.data.Enum",
      "connect.parameters": { allowed: "new,paid" },
    }),
  ],
  [
    "amount",
    optional({
      type: "bytes",
      scale: 2,
      precision: 10,
      "connect.version": 1,
      "connect.parameters": { scale: "2", "connect.decimal.precision": "10" },
      "connect.name": "org.apache.kafka.connect.data.Decimal",
      logicalType: "decimal",
    }),
  ],
  ["currency", optional("string")],
  ["email", optional("string")],
  ["street", optional("string")],
  ["city", optional("string")],
  ["zip", optional("string")],
  ["quantity", optional("int")],
  ["weight", optional("double")],
  ["gift", optional({ type: "int", "connect.type": "int16" })],
  ["created", optional({ type: "long", "connect.version": 1, "connect.name": "io.debezium.time.MicroTimestamp" })],
  ["updated", optional({ type: "string", "connect.version": 1, "connect.name": "io.debezium.time.ZonedTimestamp" })],
];

function optional(type: unknown): unknown[] {
  return ["null", type];
}
const field = (name: string, type: unknown): object =>
  Array.isArray(type) ? { name, type, default: null } : { name, type };

export const ENVELOPE: object = {
  type: "record",
  name: "Envelope",
  namespace: "cdc.shop.orders",
  "connect.version": 1,
  "connect.name": "cdc.shop.orders.Envelope",
  fields: [
    field(
      "before",
      optional({
        type: "record",
        name: "Value",
        fields: COLUMNS.map(([name, type]) => field(name, type)),
        "connect.name": "cdc.shop.orders.Value",
      }),
    ),
    field("after", optional("Value")),
    field("source", {
      type: "record",
      name: "Source",
      namespace: "io.debezium.connector.mariadb",
      fields: [
        field("version", "string"),
        field("connector", "string"),
        field("name", "string"),
        field("ts_ms", "long"),
        {
          name: "snapshot",
          type: [{ type: "string", "connect.default": "false" }, "null"],
          default: "false",
        },
        field("db", "string"),
        field("sequence", optional("string")),
        field("ts_us", optional("long")),
        field("ts_ns", optional("long")),
        field("table", optional("string")),
        field("server_id", "long"),
        field("gtid", optional("string")),
        field("file", "string"),
        field("pos", "long"),
        field("row", "int"),
        field("thread", optional("long")),
        field("query", optional("string")),
      ],
      "connect.name": "io.debezium.connector.mariadb.Source",
    }),
    field(
      "transaction",
      optional({
        type: "record",
        name: "block",
        namespace: "event",
        fields: [field("id", "string"), field("total_order", "long"), field("data_collection_order", "long")],
        "connect.name": "event.block",
      }),
    ),
    field("op", "string"),
    field("ts_ms", optional("long")),
    field("ts_us", optional("long")),
    field("ts_ns", optional("long")),
  ],
};

const row = (n: number, status: string): object => ({
  id: BigInt(n),
  customer_id: BigInt(7_000_000 + n),
  customer: "Ada Lovelace",
  status,
  amount: Buffer.from([0x0f, 0xa0 + (n % 64)]),
  currency: "EUR",
  email: "ada.lovelace@example.org",
  street: "12 St James's Square",
  city: "London",
  zip: "SW1Y 4JH",
  quantity: n % 10,
  weight: 1.25,
  gift: 0,
  created: 1_795_417_707_372_123n,
  updated: "2026-11-23T07:08:27.372Z",
});

/** An update, as avsc encodes it. */
export function change(n: number): object {
  return {
    before: row(n, "new"),
    after: row(n, "paid"),
    source: {
      version: "3.5.0.Final",
      connector: "mariadb",
      name: "cdc",
      ts_ms: 1_795_417_707_000n,
      snapshot: "false",
      db: "shop",
      sequence: null,
      ts_us: 1_795_417_707_000_000n,
      ts_ns: 1_795_417_707_000_000_000n,
      table: "orders",
      server_id: 101n,
      gtid: `0-101-${77 + n}`,
      file: "bin.000002",
      pos: 1_234n + BigInt(n),
      row: 0,
      thread: 12n,
      query: null,
    },
    transaction: { id: `0-101-${77 + n}`, total_order: 1n, data_collection_order: 1n },
    op: "u",
    ts_ms: 1_795_417_707_401n,
    ts_us: 1_795_417_707_401_002n,
    ts_ns: 1_795_417_707_401_002_003n,
  };
}

/** What an identity reads of a change of MariaDB. */
export const IDENTITY_FIELDS: readonly string[] = [
  "op",
  "source.connector",
  "source.gtid",
  "source.file",
  "source.pos",
  "source.row",
  "source.snapshot",
  "source.db",
  "source.table",
  "source.ts_ms",
  "before",
  "after",
];
