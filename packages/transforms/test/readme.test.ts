import { batchOf, isDataObject, type LaneContext, TandemError, type Transform } from "@tandem-cdc/core";
import {
  defineTransform,
  jsonConverter,
  maskField,
  option,
  recordTransforms,
  topicNameMatches,
} from "@tandem-cdc/transforms";
import { expect, it } from "vitest";
import { z } from "zod";

const inEuros = defineTransform({
  name: "InEuros",
  doc: "Converts an amount of cents into euros.",
  options: z.strictObject({
    field: option.filledText().default("amount").describe("The field that holds cents."),
  }),
  create:
    ({ field }) =>
    (record) => {
      const { value } = record;
      if (!isDataObject(value)) return record;
      const cents = value[field];
      if (typeof cents !== "number") throw new TandemError("RECORD_MALFORMED", `${field} is not a number`);
      return record.with({ value: { ...value, [field]: cents / 100 } });
    },
});

function stage(): Transform {
  const json = jsonConverter();
  return recordTransforms(
    [
      inEuros({ field: "total" }),
      { ...maskField({ fields: "card" }), predicate: topicNameMatches({ pattern: "shop\\..*" }) },
    ],
    { converters: { key: json, value: json } },
  );
}

it("the README's example does what it says", async () => {
  const value = new TextEncoder().encode('{"total":150,"card":"1234"}');
  const batch = batchOf({ topic: "shop.orders", partition: 0 }, [{ offset: 0, timestamp: 1, key: null, value }]);
  const { next } = await stage().apply(batch, { signal: new AbortController().signal } as LaneContext);
  expect(new TextDecoder().decode(next.value(0) ?? undefined)).toBe('{"total":1.5,"card":""}');
});
