import { createHmac } from "node:crypto";
import { type DataObject, type DataValue, isDataObject } from "@tandem-cdc/core";
import { defineTransform, option } from "@tandem-cdc/transforms";
import { z } from "zod";

const options = z.strictObject({
  fields: option
    .list()
    .refine((names) => names.length > 0, "names no field")
    .describe("Text fields of the row that become pseudonyms."),
  secret: option.filledText().describe("Who does not know it cannot find out whose pseudonym it is by trying."),
  length: option.integer(8, 64).default(16).describe("Characters of a pseudonym."),
});

/** What `type: ./dist/pseudonymize.js` in a configuration names. */
export default defineTransform({
  name: "Pseudonymize",
  doc: "Replaces texts by pseudonyms: the same text always by the same one, so that rows can still be counted and joined. Takes rows and Debezium's change events, whose `before` and `after` it changes alike. Null stays null.",
  options,
  create({ fields, length, secret }) {
    const pseudonym = (text: string): string =>
      createHmac("sha256", secret).update(text).digest("hex").slice(0, length);
    const changed = (row: DataObject): DataObject => {
      const present = fields.filter((name) => (row[name] ?? null) !== null);
      return present.length === 0 ? row : Object.assign({}, row, ...present.map((name) => entry(row, name)));
    };
    const entry = (row: DataObject, name: string): DataObject => {
      const text = row[name];
      if (typeof text !== "string") throw new TypeError(`${name} is no text, and only texts can have pseudonyms`);
      return { [name]: pseudonym(text) };
    };
    return (record) => {
      if (record.isTombstone) return record;
      const { value } = record;
      if (!isDataObject(value)) throw new TypeError("the value is neither a row nor a change event");
      return record.with({ value: isChange(value) ? rowsOf(value, changed) : changed(value) });
    };
  },
});

function isChange(value: DataObject): boolean {
  return typeof value["op"] === "string" && isDataObject(value["source"]);
}

/** A change event with other rows. */
function rowsOf(event: DataObject, changed: (row: DataObject) => DataObject): DataObject {
  const row = (value: DataValue | undefined): DataValue => (isDataObject(value) ? changed(value) : (value ?? null));
  return { ...event, before: row(event["before"]), after: row(event["after"]) };
}
