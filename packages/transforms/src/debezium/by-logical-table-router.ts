import type { DataObject, DataValue, Schema } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";
import { type Replace, replacement } from "../replacement.ts";
import { envelopeOf, fieldOf, filled, rebuilt, requiredField, type Struct, withField } from "./envelope.ts";
import { adjusted, type Adjustment, ADJUSTMENTS } from "./schema-names.ts";

const options = z
  .strictObject({
    "topic.regex": option.pattern().describe("Matches the whole name of the topics that are routed."),
    "topic.replacement": option.filledText().describe("The new name; `$1` and `${name}` are groups of the pattern."),
    "key.enforce.uniqueness": option
      .flag()
      .default(true)
      .describe("Whether keys get a field that tells the tables apart whose rows now share a topic."),
    "key.field.name": option.filledText().default("__dbz__physicalTableIdentifier").describe("Name of that field."),
    "key.field.regex": option
      .pattern()
      .optional()
      .describe("Matches the name of the topic that the field is made from. Without it the field is that name."),
    "key.field.replacement": option.text().optional().describe("The field's value; needed with `key.field.regex`."),
    "schema.name.adjustment.mode": option
      .choice(ADJUSTMENTS)
      .default("none")
      .describe(
        "What becomes of characters of schemas' names that Avro does not allow: `avro` makes underscores of them, `avro_unicode` their code.",
      ),
    "logical.table.cache.size": option.integer(0).optional().describe("Has no effect here."),
  })
  .refine((given) => given["key.field.regex"] === undefined || (given["key.field.replacement"] ?? "").trim() !== "", {
    path: ["key.field.replacement"],
    message: "must not be empty where key.field.regex is given",
  });

/** Debezium's ByLogicalTableRouter, known as topic routing. */
export const byLogicalTableRouter: TransformDefinition<typeof options> = defineTransform({
  name: "ByLogicalTableRouter",
  doc: "Routes the events of several tables, such as shards, into one topic, and tells them apart in their keys.",
  aliases: ["io.debezium.transforms.ByLogicalTableRouter"],
  options,
  create(given) {
    const topicOf = replacement(given["topic.regex"], given["topic.replacement"]);
    const field = given["key.enforce.uniqueness"] ? given["key.field.name"] : undefined;
    const identifierOf = identifier(given["key.field.regex"], given["key.field.replacement"]);
    const name = (text: string): string => adjusted(text, given["schema.name.adjustment.mode"] satisfies Adjustment);

    const keySchema = perSchemaAndTopic((schema, topic) => {
      const renamed = { ...withoutDefault(schema), name: name(`${topic}.Key`) };
      return field === undefined ? renamed : withField(renamed, field, { type: "string", optional: false });
    });
    const eventSchema = perSchemaAndTopic((schema, topic) => {
      const row = { ...withoutDefault(requiredField(schema, "before")), name: name(`${topic}.Value`) };
      const fields = (schema.fields ?? []).map((each) => (isRow(each.name) ? { name: each.name, schema: row } : each));
      return { ...withoutDefault(schema), name: name(`${topic}.Envelope`), fields };
    });

    const routedKey = (record: ConnectRecord, topic: string): ConnectRecord => {
      if (record.key === null) return record.with({ keySchema: null });
      const schema = record.keySchema === null ? null : keySchema(record.keySchema, topic);
      const key = requireObject(record.key, "routing");
      const values = record.keySchema === null ? key : filledFields({ schema: record.keySchema, value: key });
      return record.with({
        key: field === undefined ? values : { ...values, [field]: identifierOf(record.topic) },
        keySchema: schema,
      });
    };

    return (record) => {
      const topic = topicOf(record.topic);
      if (topic === undefined || topic === "") return record;
      const event = envelopeOf(record);
      const routed = routedKey(record, topic).with({ topic });
      if (event?.schema === undefined || event.schema === null) return routed;
      return routed.with({ value: filledEvent(event, event.schema), valueSchema: eventSchema(event.schema, topic) });
    };
  },
});

function isRow(field: string): boolean {
  return field === "before" || field === "after";
}

function identifier(pattern: RegExp | undefined, template: string | undefined): (topic: string) => string {
  if (pattern === undefined || template === undefined) return (topic) => topic;
  const replace: Replace = replacement(pattern, template);
  return (topic) => replace(topic) ?? topic;
}

function withoutDefault(schema: Schema): Schema {
  fieldOf(schema, ""); // a struct, or there is nothing to rename
  return { ...rebuilt(schema), optional: schema.optional };
}

function filledFields({ schema, value }: Struct): DataObject {
  const values: [string, DataValue][] = (schema?.fields ?? []).map((field) => [
    field.name,
    filled(value, field.name, field.schema),
  ]);
  return Object.fromEntries(values);
}

function filledEvent({ schema, value }: Struct, of: Schema): DataObject {
  const values = filledFields({ schema, value });
  const rows = ["before", "after"].map((name) => {
    const row = values[name] ?? null;
    return [
      name,
      row === null ? null : filledFields({ schema: fieldOf(of, name) ?? null, value: requireObject(row, "routing") }),
    ] as const;
  });
  return { ...values, ...Object.fromEntries(rows.filter(([name]) => Object.hasOwn(values, name))) };
}

function perSchemaAndTopic(make: (schema: Schema, topic: string) => Schema): (schema: Schema, topic: string) => Schema {
  const made = new WeakMap<Schema, Map<string, Schema>>();
  return (schema, topic) => {
    let topics = made.get(schema);
    if (topics === undefined) made.set(schema, (topics = new Map()));
    let known = topics.get(topic);
    if (known === undefined) topics.set(topic, (known = make(schema, topic)));
    return known;
  };
}
