import { type DataObject, sameValue, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { headerBytes } from "../header-text.ts";
import { option } from "../options.ts";
import { envelopeOf, fieldOf, filled, raw, requiredField, type Struct } from "./envelope.ts";

const options = z.strictObject({
  "header.changed.name": option
    .text()
    .default("")
    .describe("The header that lists the columns that changed. Default: none."),
  "header.unchanged.name": option.text().default("").describe("The header that lists the columns that did not."),
});

const NAMES: Schema = { type: "array", optional: true, valueSchema: { type: "string", optional: true } };

/** Debezium's ExtractChangedRecordState. */
export const extractChangedRecordState: TransformDefinition<typeof options> = defineTransform({
  name: "ExtractChangedRecordState",
  doc: "Tells in headers which columns an update changed. For other changes the lists are empty.",
  aliases: ["io.debezium.transforms.ExtractChangedRecordState"],
  options,
  create(given) {
    const changedHeader = given["header.changed.name"].trim() === "" ? undefined : given["header.changed.name"];
    const unchangedHeader = given["header.unchanged.name"].trim() === "" ? undefined : given["header.unchanged.name"];
    return (record) => {
      const event = envelopeOf(record);
      if (event === undefined) return record;
      const { changed, unchanged } = columns(event);
      const header = (key: string | undefined, names: readonly string[]) =>
        key === undefined ? [] : [{ key, value: headerBytes(names, NAMES) }];
      const headers = [...header(changedHeader, changed), ...header(unchangedHeader, unchanged)];
      return headers.length === 0 ? record : record.with({ headers: [...record.headers, ...headers] });
    };
  },
});

function columns(event: Struct): { changed: string[]; unchanged: string[] } {
  const row = (name: string): DataObject | null => {
    const schema = event.schema === null ? null : requiredField(event.schema, name);
    const value = filled(event.value, name, schema);
    return value === null ? null : requireObject(value, "comparing rows");
  };
  const [after, before] = [row("after"), row("before")];
  const lists: { changed: string[]; unchanged: string[] } = { changed: [], unchanged: [] };
  if (after === null || before === null) return lists;
  const old = event.schema === null ? null : requiredField(event.schema, "before");
  const names =
    event.schema === null
      ? Object.keys(after)
      : (requiredField(event.schema, "after").fields ?? []).map((field) => field.name);
  for (const name of names) {
    if (old !== null && fieldOf(old, name) === undefined)
      throw new TandemError("RECORD_MALFORMED", `column "${name}" was not there before`);
    lists[sameValue(raw(after, name), raw(before, name)) ? "unchanged" : "changed"].push(name);
  }
  return lists;
}
