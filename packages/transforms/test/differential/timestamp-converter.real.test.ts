import fc from "fast-check";
import type { WireSchema } from "@tandem-cdc/testbed";
import { dateFormat } from "../../src/dates/date-format.ts";
import { logical, payload, record, structOf, type Typed, typed } from "./arbitrary.ts";
import { pattern } from "./date-patterns.ts";
import { nullWithDefault } from "./example.ts";
import { type Case, differential } from "./harness.ts";

/** Moments, mostly of our time. */
const moment = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2_000_000_000_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: -70_000_000_000_000, max: 4_000_000_000_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-12_219_292_800_000, -12_219_292_800_001, 0, -1, -62_135_769_600_000) },
);
const unix = fc
  .tuple(moment, fc.constantFrom(1, 1000, 1_000_000))
  .map(([ms, unit]) => ({ $long: String(BigInt.asIntN(64, BigInt(ms) * BigInt(unit))) }));

/** Text, and what else may be in a field called `at`. */
function timestampsAs(
  format: string,
): fc.Arbitrary<{ readonly schema: WireSchema; readonly value: fc.Arbitrary<unknown> }> {
  return fc.boolean().chain((optional) => {
    const value = (of: fc.Arbitrary<unknown>) => (optional ? fc.option(of) : of);
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant({ schema: { type: "string", optional }, value: value(textOf(format)) }) },
      { weight: 3, arbitrary: fc.constant({ schema: { type: "int64", optional }, value: value(unix) }) },
      { weight: 3, arbitrary: logical },
      { weight: 1, arbitrary: fc.constant({ schema: { type: "int32", optional }, value: value(fc.constant(7)) }) },
    );
  });
}

function textOf(format: string): fc.Arbitrary<string> {
  const written = moment.map((ms) => {
    try {
      return dateFormat(format).write(ms);
    } catch {
      return "2026-11-25";
    }
  });
  return fc.oneof(
    { weight: 8, arbitrary: written },
    { weight: 2, arbitrary: written.map((text) => text.replaceAll(/\d+/g, (digits) => String(Number(digits) + 1))) },
    { weight: 1, arbitrary: written.map((text) => `${text} and more`) },
    { weight: 1, arbitrary: fc.constantFrom("", "2026", "2026-13-32 25:61:61.1000", "-5-1-1", "x") },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "2026-11-25T12:34:56+01:30",
        "2026-11-25T12:34:56.789-0830",
        "Wed, 25 nov 26 1:2:3 GMT-1:00",
      ),
    },
  );
}

const config = fc.record({
  field: fc.constantFrom("at", "at", "at", "", "none"),
  "target.type": fc.constantFrom("string", "unix", "Date", "Time", "Timestamp"),
  "unix.precision": fc.constantFrom("seconds", "milliseconds", "milliseconds", "microseconds", "nanoseconds"),
  "replace.null.with.default": fc.constantFrom("true", "false"),
  format: fc.oneof({ weight: 9, arbitrary: pattern }, { weight: 1, arbitrary: fc.constant("") }),
});

const cases: fc.Arbitrary<Case> = config.chain((given) => {
  const withSchema = timestampsAs(given.format).chain((type) =>
    typed(
      fc.constant(
        given.field === ""
          ? type
          : structOf([
              ["id", { schema: { type: "int32" }, value: fc.constant(1) }],
              ["at", type],
            ]),
      ),
    ),
  );
  const plain: fc.Arbitrary<Typed> = fc
    .oneof(textOf(given.format), unix, fc.constantFrom(null, true, 1.5))
    .map((at) => ({ schema: null, value: given.field === "" ? at : { id: "x", at } }));
  const value = fc.oneof(
    { weight: 6, arbitrary: withSchema },
    { weight: 4, arbitrary: plain },
    { weight: 1, arbitrary: payload },
  );
  return record({ value, key: value }).map((made) => ({ config: given, record: made }));
});

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.TimestampConverter$${part}`,
    examples: ["true", "false"].map((fill) => ({
      config: { field: "x", "target.type": "unix", "replace.null.with.default": fill },
      record: nullWithDefault,
    })),
    cases,
    count: process.env["TANDEM_FULL"] === "1" ? 2000 : 200,
    difference: ({ config: given }, { java, ours }) => {
      const letters = (given["format"] ?? "").replaceAll(/'[^']*'/g, "");
      if (/[YwWF]/.test(letters)) return "date-weeks";
      if ("refused" in ours && ours.refused === "apply" && !("refused" in java)) {
        if (/tells dates by their weekday/.test(ours.error)) return "date-weeks";
        if (/names a time zone/.test(ours.error)) return "date-zones";
        if (/out of range/.test(ours.error)) return "date-range";
      }
      return undefined;
    },
  });
