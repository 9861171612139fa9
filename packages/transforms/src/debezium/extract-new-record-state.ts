import type { DataObject, DataValue, Schema, SchemaAndValue } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";
import { added, addedField, addedHeaders, addedSchema } from "./added-fields.ts";
import { droppedFields } from "./dropped-fields.ts";
import {
  envelopeOf,
  filled,
  hasNoValue,
  perSchema,
  raw,
  rebuilt,
  requiredField,
  type Struct,
  textIn,
  withField,
} from "./envelope.ts";

const MODES = ["drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"] as const;
type Mode = (typeof MODES)[number];

const options = z.strictObject({
  "delete.tombstone.handling.mode": option
    .choice(MODES)
    .default("tombstone")
    .describe(
      'What becomes of deletes and of the tombstones after them. `drop`: neither goes on. `tombstone`: a delete becomes a tombstone, the one after it is dropped. `rewrite`: a delete becomes the row as it was, with `__deleted: "true"`. `rewrite-with-tombstone`: so it does, and the tombstone after it goes on. `delete-to-tombstone`: a delete becomes a tombstone without a schema.',
    ),
  "drop.tombstones": option
    .flag()
    .optional()
    .describe("Of older versions of Debezium, together with `delete.handling.mode`."),
  "delete.handling.mode": option
    .choice(["drop", "rewrite", "none"])
    .optional()
    .describe("Of older versions of Debezium: use `delete.tombstone.handling.mode`."),
  "route.by.field": option.text().default("").describe("The column whose value is the topic that the record goes to."),
  "add.fields": option
    .list()
    .default([])
    .describe(
      "Fields of the event that the row gets as well: `op`, `table`, `source.ts_ms`, `transaction.id`, and `name:NAME` for another name.",
    ),
  "add.fields.prefix": option.text().default("__").describe("What the names of added fields begin with."),
  "add.headers": option
    .list()
    .default([])
    .describe("Fields of the event that become headers; written as those of `add.fields`."),
  "add.headers.prefix": option.text().default("__").describe("What the names of added headers begin with."),
  "drop.fields.header.name": option.text().optional().describe("A header that lists the columns to leave out."),
  "drop.fields.from.key": option.flag().default(false).describe("Whether they are left out of the key as well."),
  "drop.fields.keep.schema.compatible": option
    .flag()
    .default(true)
    .describe("Whether only columns that are optional are left out."),
  "replace.null.with.default": option
    .flag()
    .default(true)
    .describe("Whether a column that is null gets its default value where rows are rewritten."),
});

type Options = z.output<typeof options>;

/** Debezium's ExtractNewRecordState, known as "unwrap". */
export const extractNewRecordState: TransformDefinition<typeof options> = defineTransform({
  name: "ExtractNewRecordState",
  doc: "Makes of a change event the row as it is after the change. Other records stay as they are.",
  aliases: ["io.debezium.transforms.ExtractNewRecordState"],
  options,
  create(given) {
    const mode = modeOf(given);
    const extra = given["add.fields"].map((text) => addedField(text, given["add.fields.prefix"]));
    const headers = given["add.headers"].map((text) => addedField(text, given["add.headers.prefix"]));
    const route = routed(given["route.by.field"]);
    const header = given["drop.fields.header.name"] ?? "";
    const drop =
      header.trim() === ""
        ? (record: ConnectRecord) => record
        : droppedFields({
            header,
            fromKey: given["drop.fields.from.key"],
            compatible: given["drop.fields.keep.schema.compatible"],
          });
    const marked = markedDeleted(given["replace.null.with.default"]);

    const withExtra = perSchema((event) =>
      perSchema((row) => {
        const fields = extra.map((each) => ({ name: each.as, schema: addedSchema(each, event) }));
        return fields.reduce(
          (made, { name, schema }) => (schema === undefined ? made : withField(made, name, schema)),
          rebuilt(row),
        );
      }),
    );
    const addFields = (record: ConnectRecord, event: Struct): ConnectRecord => {
      const row = requireObject(record.value, "adding fields");
      const { valueSchema } = record;
      const schema = event.schema === null || valueSchema === null ? null : withExtra(event.schema)(valueSchema);
      if (schema === null && extra.length === 0) return record;
      const values = extra.map((each) => added(each, event)).filter((each) => each !== undefined);
      return record.with({
        value: { ...row, ...Object.fromEntries(values.map(({ name, value }) => [name, value])) },
        valueSchema: schema,
      });
    };

    const deleted = (record: ConnectRecord, event: Struct): ConnectRecord | null => {
      if (mode === "drop") return null;
      let next = record;
      if (mode === "tombstone")
        next = record.with({
          value: null,
          valueSchema: event.schema === null ? null : requiredField(event.schema, "after"),
        });
      else if (mode === "delete-to-tombstone") next = record.with({ value: null, valueSchema: null });
      else {
        const row = marked(rowOf(event, "before"), "true");
        next = record.with({ value: row.value, valueSchema: row.schema });
      }
      next = drop(route(next, rowOf(event, "before")));
      return next.value === null ? next : addFields(next, event);
    };
    const written = (record: ConnectRecord, event: Struct): ConnectRecord => {
      const after = rowOf(event, "after");
      const row = mode === "rewrite" || mode === "rewrite-with-tombstone" ? marked(after, "false") : after;
      const next = record.with({ value: row.value, valueSchema: row.schema });
      return drop(addFields(route(next, row), event));
    };

    return (record) => {
      const empty = hasNoValue(record);
      const event = empty ? undefined : envelopeOf(record);
      if (!empty && event === undefined) return record;
      const next =
        headers.length === 0 ? record : record.with({ headers: [...record.headers, ...addedHeaders(headers, event)] });
      if (event === undefined) return mode === "rewrite-with-tombstone" ? next : null;
      if (rowOf(event, "after").value !== null) return written(next, event);
      return rowOf(event, "before").value === null ? null : deleted(next, event);
    };
  },
});

function modeOf(given: Options): Mode {
  const old = given["delete.handling.mode"];
  const dropTombstones = given["drop.tombstones"];
  if (old === undefined && dropTombstones === undefined) return given["delete.tombstone.handling.mode"];
  if (old === "rewrite") return dropTombstones === false ? "rewrite-with-tombstone" : "rewrite";
  return old === "none" || dropTombstones === false ? "tombstone" : "drop";
}

function rowOf({ schema, value }: Struct, name: "before" | "after"): SchemaAndValue {
  return { schema: schema === null ? null : requiredField(schema, name), value: raw(value, name) };
}

/** To the topic that a column names. */
function routed(field: string): (record: ConnectRecord, row: SchemaAndValue) => ConnectRecord {
  if (field === "") return (record) => record;
  return (record, { schema, value }) => {
    const topic = textIn({ schema, value: requireObject(value, "routing") }, field);
    return topic === null || topic.trim() === "" ? record : record.with({ topic });
  };
}

const DELETED = "__deleted";

/** The row with a field that says whether it was deleted. */
function markedDeleted(withDefaults: boolean): (row: SchemaAndValue, deleted: string) => SchemaAndValue {
  const schemaOf = perSchema((schema) => withField(rebuilt(schema), DELETED, { type: "string", optional: true }));
  return ({ schema, value }, deleted) => {
    if (typeof value === "string") return { schema, value };
    const row = requireObject(value, "rewriting");
    if (schema === null) return { schema, value: { ...row, [DELETED]: deleted } };
    return {
      schema: schemaOf(schema),
      value: { ...(withDefaults ? allFilled(row, schema) : row), [DELETED]: deleted },
    };
  };
}

function allFilled(row: DataObject, schema: Schema): DataObject {
  const values: [string, DataValue][] = (schema.fields ?? []).map((field) => [
    field.name,
    filled(row, field.name, field.schema),
  ]);
  return Object.fromEntries(values);
}
