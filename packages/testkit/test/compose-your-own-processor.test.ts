// What stands in docs/compose-your-own-processor.md is cut from here.
import { type Clock, createPipeline, type KeyStore, type Pipeline, type Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import {
  extractNewRecordState,
  jsonConverter,
  maskField,
  recordIsTombstone,
  transformStages,
} from "@tandem-cdc/transforms";
import { expect, it } from "vitest";
import { testPipeline } from "../src/index.ts";

const json = jsonConverter();

function stages(keyStore: KeyStore, clock: Clock): readonly Transform[] {
  return [
    dedup({ identity: debeziumIdentity({ sources: { header: "connector" } }), keyStore, clock }),
    ...transformStages(
      [
        extractNewRecordState({ "add.fields": ["op"] }),
        { ...maskField({ fields: ["email"], replacement: "***" }), predicate: recordIsTombstone({}), negate: true },
      ],
      { converters: { key: json, value: json }, outputTopic: (topic) => `clean.${topic}` },
    ),
  ];
}

function processor(keyStore: KeyStore, clock: Clock): Pipeline {
  const name = "clean-shop";
  return createPipeline({
    name,
    transport: kafkaTransport({
      name,
      topics: [/^cdc\.shop\./],
      client: { "bootstrap.servers": "127.0.0.1:9092" },
    }),
    transforms: stages(keyStore, clock),
    output: { prefix: "clean." },
    errors: { tolerance: "all", deadLetterTopic: "clean-shop.dead-letters" },
    clock,
  });
}

it("is a function of its key store and clock", async () => {
  const row = { id: 1, email: "ada@example.org" };
  await testPipeline(({ clock, keyStore }) => ({
    transforms: stages(keyStore, clock),
    output: { prefix: "clean." },
    topic: "cdc.shop.customers",
  }))
    .send({ source: "a", after: row }, { source: "a", before: row })
    .restart()
    .send({ source: "b", after: row }, { source: "b", before: row })
    .expect([
      { topic: "clean.cdc.shop.customers", value: { id: 1, email: "***", __op: "c" } },
      { topic: "clean.cdc.shop.customers", key: { id: 1 }, value: null },
    ]);
});

it("does nothing before it runs", async () => {
  const { memoryStore } = await import("@tandem-cdc/dedup");
  const { systemClock } = await import("@tandem-cdc/core");
  expect(processor(memoryStore(), systemClock).status()).toMatchObject({ name: "clean-shop", state: "NEW" });
});
