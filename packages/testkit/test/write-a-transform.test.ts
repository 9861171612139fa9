// What stands in docs/write-a-transform.md is cut from here.
import { isDataObject, OutcomesBuilder, TandemError, type Transform } from "@tandem-cdc/core";
import { definePredicate, defineTransform, option } from "@tandem-cdc/transforms";
import { expect, it } from "vitest";
import { z } from "zod";
import { testPipeline } from "../src/index.ts";

const hideFields = defineTransform({
  name: "HideFields",
  doc: "Replaces fields of a row by a text.",
  options: z.strictObject({
    fields: option.list().describe("Names of the fields."),
    replacement: option.text().default("***").describe("What stands in their place."),
  }),
  create:
    ({ fields, replacement }) =>
    (record) => {
      const { value } = record;
      if (value === null) return record;
      if (!isDataObject(value)) throw new TypeError("the value is no row");
      const hidden = fields.filter((name) => Object.hasOwn(value, name)).map((name) => [name, replacement] as const);
      return record.with({ value: { ...value, ...Object.fromEntries(hidden) } });
    },
});

const splitLines = defineTransform({
  name: "SplitLines",
  doc: "An order becomes a record for each of its lines; one without lines goes.",
  create: () => (record) => {
    const order = record.value as { readonly lines?: readonly string[] } | null;
    return (order?.lines ?? []).map((line) => record.with({ value: { line } }));
  },
});

/** Who knows the names of customers. */
interface Directory {
  nameOf(id: number, signal: AbortSignal): Promise<string>;
  namesOf(ids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
}

const withName = (directory: Directory) =>
  defineTransform({
    name: "WithName",
    options: z.strictObject({ concurrency: option.integer(1, 100).default(8) }),
    create: ({ concurrency }) => ({
      concurrency,
      async applyAsync(record, signal) {
        const row = record.value as { readonly customer: number };
        return record.with({ value: { ...row, name: await directory.nameOf(row.customer, signal) } });
      },
    }),
  });

const withNames = (directory: Directory) =>
  defineTransform({
    name: "WithNames",
    create: () => ({
      async applyBatch(records, signal) {
        const rows = records.map(({ value }) => value as { readonly customer: number });
        const names = await directory.namesOf([...new Set(rows.map(({ customer }) => customer))], signal);
        return records.map((record, i) => {
          const row = rows[i];
          const name = row === undefined ? undefined : names.get(row.customer);
          if (name === undefined) return new TypeError("nobody knows this customer");
          return record.with({ value: { ...row, name } });
        });
      },
    }),
  });

const encoder = new TextEncoder();

/** Numbers the records of each lane, in the header `seq`. */
function numbered(): Transform {
  return {
    name: "numbered",
    apply(batch, context) {
      const outcomes = new OutcomesBuilder("numbered", batch);
      let seq = typeof context.state === "number" ? context.state : 0;
      for (let i = 0; i < batch.length; i++) {
        const header = { key: "seq", value: encoder.encode(String(++seq)) };
        outcomes.replace(i, [{ headers: [...batch.headers(i), header] }]);
      }
      context.state = seq;
      return outcomes.done();
    },
  };
}

const fieldIs = definePredicate({
  name: "FieldIs",
  options: z.strictObject({ field: option.filledText(), is: option.text() }),
  create:
    ({ field, is }) =>
    ({ value }) =>
      isDataObject(value) && value[field] === is,
});

it("hides fields, and makes dead letters of what is no row", async () => {
  await testPipeline({
    transforms: [hideFields({ fields: "email,phone" })],
    errors: { tolerance: "all", deadLetterTopic: "dead" },
  })
    .send({ value: { id: 1, email: "ada@example.org" } }, { value: "a text" }, { value: null })
    .expect([{ value: { id: 1, email: "***" } }, { value: null }])
    .expectDeadLetters([{ stage: "HideFields", value: "a text", message: /no row/ }]);
});

it("numbers records without a gap, whatever crashes", async () => {
  await testPipeline(() => ({ transforms: [numbered()] }))
    .send({ value: "a" }, { value: "b" })
    .restart()
    .advance("2h")
    .send({ value: "c" })
    .expect([{ headers: { seq: "1" } }, { headers: { seq: "2" } }, { headers: { seq: "3" } }]);
});

it("splits records", async () => {
  await testPipeline({ transforms: [splitLines({})] })
    .send({ value: { lines: ["x", "y"] } }, { value: {} })
    .expect([{ value: { line: "x" } }, { value: { line: "y" } }]);
});

it("asks one by one, again where that may help, or many at once", async () => {
  let down = true;
  const directory: Directory = {
    async nameOf(id) {
      if (!down) return `name of ${id}`;
      down = false;
      throw new TandemError("TRANSFORM_FAILED", "the directory does not answer", { retriable: true });
    },
    namesOf: async (ids) => new Map(ids.filter((id) => id < 9).map((id) => [id, `name of ${id}`])),
  };
  const sent = [{ value: { customer: 1 } }, { value: { customer: 2 } }];
  const named = [{ value: { customer: 1, name: "name of 1" } }, { value: { customer: 2, name: "name of 2" } }];
  await testPipeline({
    transforms: [withName(directory)({})],
    retry: { timeoutMs: 60_000, delayMaxMs: 10_000 },
  })
    .send(sent)
    .expect(named);
  await testPipeline({
    transforms: [withNames(directory)({})],
    errors: { tolerance: "all", deadLetterTopic: "dead" },
  })
    .send(sent, { value: { customer: 9 } })
    .expect(named)
    .expectDeadLetters([{ message: /nobody/ }]);
});

it("applies a step where its predicate says", async () => {
  const step = { ...hideFields({ fields: ["email"] }), predicate: fieldIs({ field: "country", is: "de" }) };
  await testPipeline({ transforms: [step] })
    .send({ value: { country: "de", email: "a" } }, { value: { country: "fr", email: "b" } })
    .expect([{ value: { email: "***" } }, { value: { email: "b" } }]);
});

it("refuses options", () => {
  expect(() => hideFields({ fields: ["a"], replace: "x" } as never)).toThrow("replace");
});
