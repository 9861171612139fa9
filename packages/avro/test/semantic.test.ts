import { describe, expect, it } from "vitest";
import { parseSchema, semantic } from "../src/index.ts";

const named = (type: string, name: string, parameters?: Record<string, string>): unknown => ({
  type,
  "connect.version": 1,
  "connect.name": name,
  ...(parameters === undefined ? {} : { "connect.parameters": parameters }),
});
const logical = (type: string, logicalType: string, more: object = {}): unknown => ({ type, logicalType, ...more });
const debezium = (type: string, name: string): unknown => named(type, `io.debezium.${name}`);
const connect = (type: string, name: string, parameters?: Record<string, string>): unknown =>
  named(type, `org.apache.kafka.connect.data.${name}`, parameters);
const bytes = (...all: number[]): Buffer => Buffer.from(all);

/** 2026-11-23T07:08:27.372123456 as days, and as units of a day and since the epoch. */
const DAY = 20_780;
const CLOCK_NS = 25_707_372_123_456n;
const EPOCH_NS = BigInt(DAY) * 86_400_000_000_000n + CLOCK_NS;

const CASES: readonly (readonly [schema: unknown, value: unknown, expected: unknown])[] = [
  [debezium("int", "time.Date"), DAY, "2026-11-23"],
  [debezium("int", "time.Date"), -1, "1969-12-31"],
  [debezium("int", "time.Date"), -719_528, "0000-01-01"],
  [debezium("int", "time.Date"), -719_529, "-000001-12-31"],
  [debezium("int", "time.Date"), 2_932_897, "+010000-01-01"],
  [debezium("int", "time.Date"), 11_016, "2000-02-29"],
  [debezium("int", "time.Time"), 25_707_372, "07:08:27.372"],
  [debezium("long", "time.MicroTime"), CLOCK_NS / 1_000n, "07:08:27.372123"],
  [debezium("long", "time.MicroTime"), -3_020_399_000_000n, "-838:59:59.000000"],
  [debezium("long", "time.NanoTime"), CLOCK_NS, "07:08:27.372123456"],
  [debezium("long", "time.Timestamp"), EPOCH_NS / 1_000_000n, "2026-11-23T07:08:27.372"],
  [debezium("long", "time.MicroTimestamp"), EPOCH_NS / 1_000n, "2026-11-23T07:08:27.372123"],
  [debezium("long", "time.NanoTimestamp"), EPOCH_NS, "2026-11-23T07:08:27.372123456"],
  [debezium("long", "time.NanoTimestamp"), -1n, "1969-12-31T23:59:59.999999999"],
  [debezium("long", "time.MicroTimestamp"), 2n ** 63n - 1n, "+294247-01-10T04:00:54.775807"],
  [debezium("string", "time.ZonedTimestamp"), "2026-11-23T07:08:27Z", "2026-11-23T07:08:27Z"],
  [debezium("string", "time.ZonedTime"), "07:08:27+01:00", "07:08:27+01:00"],
  [debezium("string", "time.Interval"), "P1Y2M3DT4H", "P1Y2M3DT4H"],
  [debezium("int", "time.Year"), 2026, 2026],
  [debezium("long", "time.MicroDuration"), -1_000_001n, "-PT1.000001S"],
  [debezium("long", "time.NanoDuration"), 1n, "PT0.000000001S"],
  [debezium("string", "data.Json"), '{"a":1}', '{"a":1}'],
  [debezium("string", "data.Uuid"), "6f1c0a5e-0000-4000-8000-000000000000", "6f1c0a5e-0000-4000-8000-000000000000"],
  [debezium("string", "data.Enum"), "paid", "paid"],
  [named("bytes", "io.debezium.data.Bits", { length: "10" }), bytes(0b1000_0001, 0b10), "1010000001"],
  [named("bytes", "io.debezium.data.Bits", { length: "3" }), bytes(0b101), "101"],
  [connect("bytes", "Decimal", { scale: "2" }), bytes(0x03, 0xe8), "10.00"],
  [connect("bytes", "Decimal", { scale: "2" }), bytes(0xff), "-0.01"],
  [connect("bytes", "Decimal", { scale: "0" }), bytes(0x80), "-128"],
  [connect("bytes", "Decimal", { scale: "-3" }), bytes(0x05), "5000"],
  [
    connect("bytes", "Decimal", { scale: "30" }),
    bytes(0x7f, ...Array.from({ length: 15 }, () => 0xff)),
    "170141183.460469231731687303715884105727",
  ],
  [connect("int", "Date"), DAY, "2026-11-23"],
  [connect("int", "Time"), 1, "00:00:00.001"],
  [connect("long", "Timestamp"), 1n, "1970-01-01T00:00:00.001Z"],
  [logical("bytes", "decimal", { precision: 4, scale: 1 }), bytes(0x0c), "1.2"],
  [
    { ...(logical("fixed", "decimal", { precision: 4, scale: 1 }) as object), name: "F", size: 3 },
    bytes(0xff, 0xff, 0xf4),
    "-1.2",
  ],
  [logical("int", "date"), 0, "1970-01-01"],
  [logical("int", "time-millis"), 1, "00:00:00.001"],
  [logical("long", "time-micros"), 1n, "00:00:00.000001"],
  [logical("long", "timestamp-millis"), -1, "1969-12-31T23:59:59.999Z"],
  [logical("long", "timestamp-micros"), 1n, "1970-01-01T00:00:00.000001Z"],
  [logical("long", "timestamp-nanos"), 1n, "1970-01-01T00:00:00.000000001Z"],
  [logical("long", "local-timestamp-micros"), 1n, "1970-01-01T00:00:00.000001"],
  [logical("string", "uuid"), "6f1c", "6f1c"],
  [logical("string", "date"), "a logical type on what it is not for", "a logical type on what it is not for"],
  [debezium("long", "time.Timestamp"), null, null],
  [debezium("long", "__proto__"), 5n, 5n],
];

describe("semantic", () => {
  it.each(CASES)("%j: %s is %s", (schema, value, expected) => {
    expect(semantic(parseSchema(schema), value)).toEqual(expected);
  });

  it("reads decimals that carry their scale", () => {
    const schema = {
      ...(debezium("record", "data.VariableScaleDecimal") as object),
      name: "VariableScaleDecimal",
      fields: [
        { name: "scale", type: "int" },
        { name: "value", type: "bytes" },
      ],
    };
    const type = parseSchema(schema);
    expect(semantic(type, { scale: 5, value: bytes(0x01, 0x86, 0xa1) })).toBe("1.00001");
    for (const value of [
      { scale: 2 ** 31 - 1, value: bytes(1) },
      { scale: 1 },
      { scale: 1, value: Buffer.alloc(100_000) },
    ])
      expect(() => semantic(type, value)).toThrow(expect.objectContaining({ code: "RECORD_MALFORMED" }));
  });
});
