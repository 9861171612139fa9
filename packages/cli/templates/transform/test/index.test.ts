import { configuration } from "@tandem-cdc/cli";
import { testPipeline } from "@tandem-cdc/testkit";
import { expect, test } from "vitest";
import __CAMEL__ from "../src/index.ts";

test("blanks the fields that it is told", async () => {
  await testPipeline({ transforms: [__CAMEL__({ fields: ["email"] })] })
    .send({ after: { id: 1, email: "ada@example.org" } }, { before: { id: 1, email: "ada@example.org" } })
    .expect([
      { key: { id: 1 }, value: { op: "c", after: { id: 1, email: "***" } } },
      { value: { op: "d", after: null } },
      { value: null },
    ]);
});

test("refuses options that it does not have", () => {
  expect(() => __CAMEL__({ fields: "email", replaced: "" } as never)).toThrow("replaced");
});

test("is in the pipeline of tandem.yaml", async () => {
  await testPipeline(configuration("tandem.yaml"))
    .send({ source: "a", after: { id: 1, email: "ada@example.org" } })
    .send({ source: "b", after: { id: 1, email: "ada@example.org" } })
    .expect([{ topic: "dedup.cdc.shop.customers", value: { after: { id: 1, email: "(hidden)" } } }]);
});
