import { type DataValue, type Schema, type SchemaAndValue, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { headerBytes } from "../header-text.ts";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";
import { replacement } from "../replacement.ts";
import { envelopeOf, filled, hasNoValue, raw, requiredField, type Struct, textIn, withField } from "./envelope.ts";
import { jsonPayload } from "./json-payload.ts";

const PLACES = ["header", "envelope", "partition"] as const;

const options = z.strictObject({
  "table.op.invalid.behavior": option
    .choice(["warn", "error", "fatal"])
    .default("warn")
    .describe("What becomes of updates, which an outbox should not have: they are dropped, or with `fatal` rejected."),
  "table.field.event.id": option
    .text()
    .default("id")
    .describe("The column with the event's id, which becomes the header `id`."),
  "table.field.event.key": option.text().default("aggregateid").describe("The column that becomes the key."),
  "table.field.event.type": option.text().default("type").describe("Has no effect, as in the original."),
  "table.field.event.timestamp": option
    .text()
    .optional()
    .describe("The column that becomes the timestamp. Default: the time of the change event."),
  "table.field.event.payload": option.text().default("payload").describe("The column that becomes the value."),
  "table.field.event.schema.version": option
    .text()
    .optional()
    .describe("The column with the version of the value's schema."),
  "table.fields.additional.placement": option
    .list()
    .default([])
    .describe("Further columns and where they go: `column:header`, `column:envelope:alias`, `column:partition`."),
  "table.fields.additional.error.on.missing": option
    .flag()
    .default(true)
    .describe("Whether a record that lacks one of these columns is rejected."),
  "table.expand.json.payload": option
    .flag()
    .default(false)
    .describe("Whether a payload that is the text of JSON becomes what it says."),
  "table.json.payload.null.behavior": option
    .choice(["ignore", "optional_bytes"])
    .default("ignore")
    .describe("What becomes of nulls in such JSON: they are left out, or are null bytes."),
  "tracing.span.context.field": option.text().optional().describe("Has no effect here."),
  "tracing.operation.name": option.text().optional().describe("Has no effect here."),
  "tracing.with.context.field.only": option.flag().optional().describe("Has no effect here."),
  "route.by.field": option.text().default("aggregatetype").describe("The column that decides about the topic."),
  "route.topic.regex": option.pattern().prefault("(?<routedByValue>.*)").describe("Matches that column's value."),
  "route.topic.replacement": option
    .text()
    .default("outbox.event.${routedByValue}")
    .describe("The topic; `$1` and `${name}` are groups of the pattern."),
  "route.tombstone.on.empty.payload": option
    .flag()
    .default(false)
    .describe("Whether an empty payload makes a tombstone."),
});

interface Placed {
  readonly column: string;
  readonly place: (typeof PLACES)[number];
  readonly as: string;
}

/** Debezium's outbox EventRouter. */
export const eventRouter: TransformDefinition<typeof options> = defineTransform({
  name: "EventRouter",
  doc: "Makes of each row that is inserted into an outbox table the event that it holds: its payload, under its key, in its topic. Deletes and tombstones are dropped, records that are no change events stay as they are.",
  aliases: ["io.debezium.transforms.outbox.EventRouter"],
  options,
  create(given) {
    const placed = given["table.fields.additional.placement"].map(parsePlaced);
    const enveloped = placed.some(({ place }) => place === "envelope");
    const topicOf = replacement(given["route.topic.regex"], given["route.topic.replacement"]);
    const lenient = !given["table.fields.additional.error.on.missing"];

    const known = interned();

    const payloadOf = (row: Struct): SchemaAndValue => {
      const name = given["table.field.event.payload"];
      const payload = column(row, name);
      if (!given["table.expand.json.payload"] || typeof payload.value !== "string") return payload;
      const expanded = jsonPayload(payload.value, name, given["table.json.payload.null.behavior"] === "optional_bytes");
      if (expanded === undefined) return payload;
      return row.schema === null ? { schema: null, value: expanded.value } : expanded;
    };

    const event = (record: ConnectRecord, envelope: Struct): ConnectRecord => {
      const after = envelope.schema === null ? null : requiredField(envelope.schema, "after");
      const row: Struct = { schema: after, value: requireObject(raw(envelope.value, "after"), "an outbox event") };
      const timestamp = timestampOf(row, given["table.field.event.timestamp"], envelope);
      const payload = payloadOf(row);
      const id = column(row, given["table.field.event.id"]);
      const route = textIn(row, given["route.by.field"]);
      const version = enveloped ? versionOf(row, given["table.field.event.schema.version"]) : null;
      const present = placed.filter(({ column: name }) => !lenient || has(row, name));
      const columns = present.map(({ as, column: name, place }) => {
        const { schema, value } = column(row, name);
        return { as, place, schema, value };
      });
      const headers = columns.filter(({ place }) => place === "header");
      const inside = columns.filter(({ place }) => place === "envelope");
      const partition = columns.findLast(({ place }) => place === "partition");
      const value = enveloped ? wrapped(row, payload, route, version, inside) : payload;
      const empty = payload.value === null || (typeof payload.value === "string" && payload.value.trim() === "");
      const key = column(row, given["table.field.event.key"]);
      if (route === null)
        throw new TandemError("RECORD_MALFORMED", `field "${given["route.by.field"]}" is null: nothing says the topic`);
      return record.with({
        topic: topicOf(route) ?? route,
        ...(typeof partition?.value === "number" ? { partition: partition.value } : {}),
        ...(timestamp === null ? {} : { timestamp }),
        headers: [...record.headers, { ...id, as: "id" }, ...headers].map((each) =>
          "as" in each ? { key: each.as, value: headerBytes(each.value, each.schema) } : each,
        ),
        key: key.value,
        keySchema: key.schema,
        ...(empty && given["route.tombstone.on.empty.payload"]
          ? { value: null, valueSchema: null }
          : { value: value.value, valueSchema: value.schema === null ? null : known(value.schema) }),
      });
    };

    return (record) => {
      if (hasNoValue(record)) return null;
      const envelope = envelopeOf(record);
      if (envelope === undefined) return record;
      const op = textIn(envelope, "op");
      if (op === null) throw new TandemError("RECORD_MALFORMED", "the change event has no op");
      if (op === "d") return null;
      if (op !== "u") return event(record, envelope);
      if (given["table.op.invalid.behavior"] !== "fatal") return null;
      throw new TandemError(
        "RECORD_MALFORMED",
        "a row of the outbox was updated: its rows may only be inserted and deleted",
      );
    };
  },
});

/** Schemas are made for each record here: equal ones become one object, by which converters know them. */
function interned(): (schema: Schema) => Schema {
  const schemas = new Map<string, Schema>();
  return (schema) => {
    const text = JSON.stringify(schema, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));
    const known = schemas.get(text);
    if (known !== undefined) return known;
    if (schemas.size >= 1_000) schemas.clear();
    schemas.set(text, schema);
    return schema;
  };
}

function parsePlaced(text: string): Placed {
  const [name = "", where = "", alias, ...more] = text.split(":").map((part) => part.trim());
  const place = PLACES.find((each) => each === where.toLowerCase());
  if (place === undefined || more.length > 0)
    throw new TandemError(
      "CONFIG_INVALID",
      `table.fields.additional.placement: "${text}" is not column:place or column:place:alias, with a place of ${PLACES.join(", ")}`,
    );
  return { column: name, place, as: alias === undefined || alias === "" ? name : alias };
}

function has({ schema, value }: Struct, name: string): boolean {
  return schema === null ? Object.hasOwn(value, name) : (schema.fields ?? []).some((field) => field.name === name);
}

/** A column, which has to be there. */
function column(row: Struct, name: string): SchemaAndValue {
  if (!has(row, name)) throw new TandemError("RECORD_MALFORMED", `the outbox has no column "${name}"`);
  const schema = row.schema === null ? null : requiredField(row.schema, name);
  return { schema, value: filled(row.value, name, schema) };
}

const PER_MS: Readonly<Record<string, bigint>> = {
  "io.debezium.time.Timestamp": 1n,
  "io.debezium.time.MicroTimestamp": 1_000n,
  "io.debezium.time.NanoTimestamp": 1_000_000n,
};

function timestampOf(row: Struct, name: string | undefined, envelope: Struct): number | null {
  const ofEvent = (): number | null => {
    if (envelope.schema !== null && requiredField(envelope.schema, "ts_ms").type !== "int64")
      throw new TandemError("RECORD_MALFORMED", "ts_ms is no int64");
    const ms = raw(envelope.value, "ts_ms");
    return ms === null ? null : Number(ms);
  };
  if (name === undefined) return ofEvent();
  const { schema, value } = column(row, name);
  if (schema !== null && schema.type !== "int64")
    throw new TandemError("RECORD_MALFORMED", `column "${name}" is no time: it is ${schema.type}`);
  if (value === null) return ofEvent();
  const unit = PER_MS[schema?.name ?? ""];
  if (unit === undefined || (typeof value !== "number" && typeof value !== "bigint"))
    throw new TandemError(
      "RECORD_MALFORMED",
      `column "${name}" is no time that is known: it needs one of the schemas ${Object.keys(PER_MS).join(", ")}`,
    );
  return Number(BigInt(value) / unit);
}

function versionOf(row: Struct, name: string | undefined): number | null {
  if (name === undefined) return null;
  const { schema, value } = column(row, name);
  if (value === null) return null;
  if ((schema !== null && schema.type !== "int32") || typeof value !== "number")
    throw new TandemError("RECORD_MALFORMED", `column "${name}" is no version: it is no int32`);
  return value;
}

/** The payload beside further columns. */
function wrapped(
  row: Struct,
  payload: SchemaAndValue,
  route: string | null,
  version: number | null,
  inside: readonly (SchemaAndValue & { readonly as: string })[],
): SchemaAndValue {
  const columns = [{ ...payload, as: "payload" }, ...inside];
  const value: Record<string, DataValue> = Object.fromEntries(columns.map((each) => [each.as, each.value]));
  if (row.schema === null || payload.schema === null) return { schema: null, value };
  const of: Schema = {
    type: "struct",
    optional: false,
    name: valueName(row.schema.name, route),
    ...(version === null ? {} : { version }),
    fields: [],
  };
  return {
    schema: columns.reduce((made, { as, schema }) => (schema === null ? made : withField(made, as, schema)), of),
    value,
  };
}

/** `shop.outbox.Value` is `shop.outbox.order.Value` for the route `order`. */
function valueName(name: string | undefined, route: string | null): string {
  if (name === undefined) return String(route);
  const dot = name.lastIndexOf(".") + 1;
  return `${name.slice(0, dot)}${route}.${name.slice(dot)}`;
}
