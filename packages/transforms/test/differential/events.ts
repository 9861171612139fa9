import fc from "fast-check";
import type { WireRecord, WireSchema } from "@tandem-cdc/testbed";
import {
  anyType,
  header,
  headers,
  payload,
  record,
  type RecordParts,
  structOf,
  tombstone,
  type Typed,
  typed,
  type TypeOf,
} from "./arbitrary.ts";

// Generated change events of Debezium.

export const text: WireSchema = { type: "string", optional: false };
export const optionalText: WireSchema = { type: "string", optional: true };
const long: WireSchema = { type: "int64", optional: false };
const longValue = fc.integer({ min: 0, max: 2_000_000_000 }).map((each) => ({ $long: `1${each}` }));

const SOURCE = structOf(
  [
    ["version", { schema: text, value: fc.constant("3.5.0.Final") }],
    ["connector", { schema: text, value: fc.constant("mariadb") }],
    ["ts_ms", { schema: long, value: longValue }],
    ["db", { schema: text, value: fc.constant("shop") }],
    ["table", { schema: optionalText, value: fc.constantFrom("orders", "customers", null) }],
    ["gtid", { schema: { ...optionalText, default: "none" }, value: fc.constantFrom("0-1-2", null) }],
    ["pos", { schema: long, value: longValue }],
  ],
  { name: "io.debezium.connector.mariadb.Source" },
);

const TRANSACTION = structOf(
  [
    ["id", { schema: text, value: fc.constant("0-1-2") }],
    ["total_order", { schema: long, value: longValue }],
    ["data_collection_order", { schema: long, value: longValue }],
  ],
  { name: "event.block", version: 1, optional: true },
);

/** Columns of generated tables. */
export const COLUMNS = ["id", "name", "amount", "at", "route", "payload"] as const;

/** A table's row: any columns, and `id`, which is a number, and `route`, which is text most of the time. */
const rowType: fc.Arbitrary<TypeOf> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom("name", "amount", "at", "payload"), { maxLength: 3 }),
    fc.boolean(),
    fc.boolean(),
  )
  .chain(([others, routed, optional]) =>
    fc.tuple(...others.map(() => anyType(1))).map((types) =>
      structOf(
        [
          ["id", { schema: { type: "int32", optional: false }, value: fc.integer() }],
          ...(routed
            ? [
                [
                  "route",
                  {
                    schema: { ...text, optional },
                    value: fc.constantFrom("one", "two", "", ...(optional ? [null] : [])),
                  },
                ] as const,
              ]
            : []),
          ...types.map((type, i) => [others[i] ?? "", type] as const),
        ],
        { name: "shop.orders.Value", optional: true },
      ),
    ),
  );

export interface EventParts {
  /** Default: any table. */
  readonly row?: fc.Arbitrary<TypeOf>;
  /** Default: c, r, u, d, and seldom t. */
  readonly op?: fc.Arbitrary<string>;
}

/** A change event. */
export function event({ op = anyOp, row = rowType }: EventParts = {}): fc.Arbitrary<Typed> {
  return fc.tuple(row, op, fc.boolean()).chain(([type, operation, transactions]) => {
    const none = fc.constant(null);
    const image = (wanted: boolean): TypeOf => ({ schema: type.schema, value: wanted ? type.value : none });
    return typed(
      fc.constant(
        structOf(
          [
            ["before", image(operation === "u" || operation === "d")],
            ["after", image(operation !== "d" && operation !== "t")],
            ["source", SOURCE],
            ["op", { schema: text, value: fc.constant(operation) }],
            ["ts_ms", { schema: { type: "int64", optional: true }, value: fc.oneof(longValue, none) }],
            ...(transactions
              ? [["transaction", { ...TRANSACTION, value: fc.oneof(TRANSACTION.value, none) }] as const]
              : []),
          ],
          { name: "shop.orders.Envelope", version: 1 },
        ),
      ),
    );
  });
}

const anyOp = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("c", "r", "u", "u", "d", "d") },
  { weight: 1, arbitrary: fc.constant("t") },
);

const key: fc.Arbitrary<Typed> = typed(
  fc.constant(
    structOf(
      [
        ["id", { schema: { type: "int32", optional: false }, value: fc.integer() }],
        ["name", { schema: optionalText, value: fc.constantFrom("x", null) }],
      ],
      { name: "shop.orders.Key" },
    ),
  ),
);

/** Values that are no events: Debezium's transforms let them pass. */
const noEvent: fc.Arbitrary<Typed> = payload.filter(
  ({ schema, value }) =>
    schema !== null || typeof value !== "object" || value === null || !("op" in value && "source" in value),
);

/** A record of a source connector: mostly a change event, sometimes a tombstone or something else. */
export function eventRecord(parts: EventParts & RecordParts = {}): fc.Arbitrary<WireRecord> {
  const named = fc.constantFrom(
    header("dropped", '["name","amount"]'),
    header("dropped", '["name","amount","at","payload"]'),
    header("dropped", '["id"]'),
    header("dropped", "text"),
  );
  const value = fc.oneof(
    { weight: 14, arbitrary: event(parts) },
    { weight: 1, arbitrary: tombstone },
    { weight: 1, arbitrary: noEvent },
  );
  const all = record({
    key,
    value,
    headers: fc.tuple(headers, fc.option(named, { nil: undefined })).map(([some, one]) => some.concat(one ?? [])),
    ...parts,
  });
  return all.map((each) => Object.assign(each, { as: "source" as const }));
}
