import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";

const options = z.strictObject({
  headers: option
    .list()
    .refine((names) => names.length > 0, "names no header")
    .describe("Names of the headers that are removed."),
});

/** Connect's DropHeaders. */
export const dropHeaders: TransformDefinition<typeof options> = defineTransform({
  name: "DropHeaders",
  doc: "Removes headers from each record, all of a name.",
  aliases: ["org.apache.kafka.connect.transforms.DropHeaders"],
  options,
  create({ headers }) {
    const dropped = new Set(headers);
    return (record) =>
      record.headers.some(({ key }) => dropped.has(key))
        ? record.with({ headers: record.headers.filter(({ key }) => !dropped.has(key)) })
        : record;
  },
});
