import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { dataOf } from "../header-data.ts";
import { headerBytes } from "../header-text.ts";
import { option } from "../options.ts";

const options = z.strictObject({
  header: option.text().describe("Name of the header."),
  "value.literal": option
    .text()
    .describe("Value of the header. It is read and written as Connect does it: `1.50` becomes `1.5`, `null` is null."),
});

/** Connect's InsertHeader. */
export const insertHeader: TransformDefinition<typeof options> = defineTransform({
  name: "InsertHeader",
  doc: "Adds a header to each record, after those that it has.",
  aliases: ["org.apache.kafka.connect.transforms.InsertHeader"],
  options,
  create({ header, "value.literal": literal }) {
    const { schema, value } = dataOf(literal);
    const added = { key: header, value: headerBytes(value, schema) };
    return (record) => record.with({ headers: [...record.headers, added] });
  },
});
