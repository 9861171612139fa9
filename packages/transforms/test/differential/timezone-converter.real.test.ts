import fc from "fast-check";
import { configOf, structOf, type TypeOf } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

const time = (name: string | undefined, type: string, value: fc.Arbitrary<unknown>): TypeOf => ({
  schema: { type, optional: true, ...(name === undefined ? {} : { name, version: 1 }) },
  value: fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
});

// Hours around the changes of summer time too.
const ms = fc.oneof(
  fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }).map((s) => s * 1_000 + 123),
  fc.integer({ min: -4, max: 4 }).map((h) => Date.UTC(2026, 2, 8, 2) + h * 1_800_000),
  fc.integer({ min: -4, max: 4 }).map((h) => Date.UTC(2026, 10, 1, 2) + h * 1_800_000),
);
const long = (per: bigint) => ms.map((each) => ({ $long: String(BigInt(each) * per) }));
const zoned = fc.oneof(
  ms.map((each) => new Date(each).toISOString()),
  fc.constantFrom(
    "2026-03-08T02:30:00+01:00",
    "2026-11-01T01:30-08:00",
    "2020-02-29T23:59:59.120000Z",
    "2020-02-30T00:00:00Z",
    "yesterday",
    "2011-12-03T10:15:30.5+05:30:15",
  ),
);

const row = fc.constant(
  structOf(
    [
      ["id", { schema: { type: "int32", optional: false }, value: fc.integer() }],
      ["ms", time("io.debezium.time.Timestamp", "int64", long(1n))],
      ["us", time("io.debezium.time.MicroTimestamp", "int64", long(1_000n))],
      ["ns", time("io.debezium.time.NanoTimestamp", "int64", long(1_000_000n))],
      ["zoned", time("io.debezium.time.ZonedTimestamp", "string", zoned)],
      [
        "clock",
        time(
          "io.debezium.time.ZonedTime",
          "string",
          fc.constantFrom("10:15:30+01:00", "23:59Z", "00:00:00.5-08:00", "late"),
        ),
      ],
      [
        "connect",
        time(
          "org.apache.kafka.connect.data.Timestamp",
          "int64",
          ms.map((each) => ({ $date: each })),
        ),
      ],
      ["date", time("io.debezium.time.Date", "int32", fc.integer({ min: 0, max: 20_000 }))],
    ],
    { name: "shop.orders.Value", optional: true },
  ),
);

const list = fc.constantFrom(
  "source:orders",
  "source:orders:ms, orders:us",
  "topic:shop.orders:after.zoned, shop.orders:source.ts_ms",
  "source:customers:before.ns,orders:clock",
  "orders:connect",
  "source:orders:source.ts_ms",
  "topic:shop.orders",
  "orders",
  "source:a:b:c:d",
);

differential({
  class: "io.debezium.transforms.TimezoneConverter",
  count: process.env["TANDEM_FULL"] === "1" ? 3_000 : 120,
  cases: fc.record({
    config: fc
      .tuple(
        configOf({
          "converted.timezone": fc.oneof(
            {
              weight: 6,
              arbitrary: fc.constantFrom(
                "America/Los_Angeles",
                "Asia/Kolkata",
                "Europe/Paris",
                "+08:00",
                "-03:30",
                "UTC",
              ),
            },
            { weight: 1, arbitrary: fc.constantFrom("Mars/Olympus", "8", "") },
          ),
        }),
        configOf({ "include.list": list }),
        configOf({ "exclude.list": list }),
        fc.constantFrom("none", "include", "include", "include", "exclude", "exclude", "exclude", "both"),
      )
      .map(([zone, include, exclude, which]) =>
        Object.assign(
          {},
          zone,
          which === "include" || which === "both" ? include : {},
          which === "exclude" || which === "both" ? exclude : {},
        ),
      ),
    record: eventRecord({ row }),
  }),
});
