import { isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { defineTransform, option } from "@tandem-cdc/transforms";
import { z } from "zod";

const options = z.strictObject({
  url: option.filledText().describe("Answers to `?currency=CHF` with `{ rate }`: euros for one of it."),
  amount: option.filledText().default("amount").describe("The field with the amount."),
  currency: option.filledText().default("currency").describe("The field with its currency."),
  into: option.filledText().default("amount_eur").describe("The new field."),
  concurrency: option.integer(1, 100).default(8).describe("Questions under way at most."),
});

/** What `type: ./dist/convert-currency.js` in a configuration names. */
export default defineTransform({
  name: "ConvertCurrency",
  doc: "Adds an amount in euros, by the rate that a service tells. Records stay in order, however long it takes to answer.",
  options,
  create({ amount, concurrency, currency, into, url }) {
    return {
      concurrency,
      async applyAsync(record, signal) {
        const { value, valueSchema } = record;
        if (!isDataObject(value)) return record;
        const [sum, code] = [value[amount], value[currency]];
        if (typeof sum !== "number" || typeof code !== "string")
          throw new TypeError(`the row needs a number in ${amount} and a text in ${currency}`);
        const euros = Math.round(sum * (await rateOf(url, code, signal)) * 100) / 100;
        return record.with({ value: { ...value, [into]: euros }, valueSchema: withNumber(valueSchema, into) });
      },
    };
  },
});

async function rateOf(url: string, currency: string, signal: AbortSignal): Promise<number> {
  const asked = new URL(url);
  asked.searchParams.set("currency", currency);
  const response = await fetch(asked, { signal }).catch((cause: unknown) => later(String(cause)));
  if (response.status >= 500) later(`it answered with ${response.status}`);
  if (!response.ok) throw new TypeError(`there is no rate of ${currency}`);
  const { rate } = (await response.json()) as { readonly rate: number };
  return rate;
}

/** Tried again, for as long as `errors.retryTimeoutMs` says. What is not retriable rejects the record at once. */
function later(why: string): never {
  throw new TandemError("TRANSFORM_FAILED", `the rates cannot be had: ${why}`, { retriable: true });
}

/** The schema of a row with one more number. */
function withNumber(schema: Schema | null, name: string): Schema | null {
  if (schema === null) return null;
  const field = { name, schema: { type: "float64", optional: true } } as const;
  return { ...schema, fields: [...(schema.fields ?? []), field] };
}
