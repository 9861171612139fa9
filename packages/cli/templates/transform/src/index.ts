import { isDataObject } from "@tandem-cdc/core";
import { type ConnectRecord, defineTransform, option } from "@tandem-cdc/transforms";
import { z } from "zod";

/** What may stand beside `type` in a configuration: checked, with its defaults, before anything runs. */
const options = z.strictObject({
  field: option.filledText().default("name").describe("The field whose text is written in capitals."),
});

/** What `type: ./dist/index.js` in a configuration names. */
export default defineTransform({
  name: "{{type}}",
  doc: "Writes the text of a field in capitals.",
  options,
  create:
    ({ field }) =>
    (record: ConnectRecord) => {
      if (record.isTombstone) return record;
      const row = record.value;
      // What is thrown rejects this record alone: `errors` in the configuration says what becomes of it.
      if (!isDataObject(row))
        throw new TypeError("the value is no row: put ExtractNewRecordState before this transform");
      const text = row[field];
      if (typeof text !== "string") return record;
      // Never written into: a changed copy. `null` in place of a record drops it, a list makes several of it.
      return record.with({ value: { ...row, [field]: text.toUpperCase() } });
    },
});
