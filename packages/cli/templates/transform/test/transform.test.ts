import { configuration } from "@tandem-cdc/cli";
import { testPipeline } from "@tandem-cdc/testkit";
import { extractNewRecordState } from "@tandem-cdc/transforms";
import { expect, it } from "vitest";
import transform from "../src/index.ts";

it("writes the field's text in capitals, and leaves everything else alone", async () => {
  await testPipeline({ transforms: [transform({ field: "city" })] })
    .send({ key: 1, value: { id: 1, city: "Lima", name: "Ada" } }, { key: 2, value: { id: 2, city: null } })
    .expect([
      { key: 1, value: { id: 1, city: "LIMA", name: "Ada" } },
      { key: 2, value: { id: 2, city: null } },
    ]);
});

it("works on rows that were taken out of Debezium's changes", async () => {
  await testPipeline({ transforms: [extractNewRecordState({}), transform({})] })
    .send({ after: { id: 1, name: "ada" } }, { before: { id: 1, name: "ada" }, after: { id: 1, name: "bob" } })
    .expect([{ value: { name: "ADA" } }, { value: { name: "BOB" } }]);
});

it("is in the pipeline of tandem.yaml: each change of two connectors once", async () => {
  await testPipeline(configuration("tandem.yaml"))
    .send({ source: "a", after: { id: 1, name: "ada" } })
    .send({ source: "b", after: { id: 1, name: "ada" } })
    .expect([{ topic: "dedup.cdc.shop.customers", value: { name: "ADA" } }]);
});

it("makes a dead letter of what is no row", async () => {
  await testPipeline({
    transforms: [transform({})],
    errors: { tolerance: "all", deadLetterTopic: "dead-letters" },
  })
    .send({ value: "a text" }, { value: { name: "ada" } })
    .expect([{ value: { name: "ADA" } }])
    .expectDeadLetters([{ stage: "{{type}}", message: /no row/ }]);
});

it("refuses options that it does not know", () => {
  expect(() => transform({ feild: "city" } as never)).toThrow(/feild/);
});
