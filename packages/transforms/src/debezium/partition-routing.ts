import { TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { requireObject } from "../connect/value-of.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { envelopeOf, fieldOf, filled, type Struct, textIn } from "./envelope.ts";
import { javaHash, murmurHash } from "./java-hash.ts";

const HASHES = { java: javaHash, murmur: murmurHash } as const;

const options = z.strictObject({
  "partition.payload.fields": option
    .list()
    .refine((fields) => fields.length > 0, "must not be empty")
    .describe(
      "Fields of the event that decide, such as `after.customer` or `source.table`; `change.…` is the row after the change, or before a delete.",
    ),
  "partition.topic.num": option.integer(1).describe("Partitions of the topic that the records go to."),
  "partition.hash.function": option
    .choice(["java", "murmur"])
    .default("java")
    .describe("How the fields' values are hashed."),
});

/** Debezium's PartitionRouting. */
export const partitionRouting: TransformDefinition<typeof options> = defineTransform({
  name: "PartitionRouting",
  doc: "Puts change events into partitions by some of their fields. Events of which none has a value stay where they are.",
  aliases: ["io.debezium.transforms.partitions.PartitionRouting"],
  options,
  create(given) {
    const paths = given["partition.payload.fields"].map((path) => path.split(".").map((part) => part.trim()));
    const partitions = given["partition.topic.num"];
    const hash = HASHES[given["partition.hash.function"]];
    return (record) => {
      const event = envelopeOf(record);
      if (event === undefined) return record;
      const op = textIn(event, "op");
      if (op === "t" || op === "m") return record;
      const found = paths.map((path) => valueAt(event, path, op)).filter((each) => each !== undefined);
      if (found.length === 0) return record;
      const sum = found.reduce((total, { schema, value }) => (total + hash(value, schema)) | 0, 0) & 0x7fff_ffff;
      return record.with({ partition: (sum === 0x7fff_ffff ? 0 : sum) % partitions });
    };
  },
});

/** Undefined where the event has no such field, or it is null. */
function valueAt(event: Struct, path: readonly string[], op: string | null) {
  let { schema, value } = event;
  for (const name of path.slice(0, -1)) {
    const field = name === "change" ? (op === "d" ? "before" : "after") : name;
    const of = schema === null ? null : fieldOf(schema, field);
    if (of === undefined || (of !== null && of.type !== "struct")) return undefined;
    const inner = filled(value, field, of);
    if (inner === null && schema !== null)
      throw new TandemError(
        "RECORD_MALFORMED",
        `"${field}" of the event is null: it cannot decide about the partition`,
      );
    if (inner === null) return undefined;
    schema = of;
    value = requireObject(inner, `field "${field}"`);
  }
  const last = path.at(-1) ?? "";
  const of = schema === null ? null : fieldOf(schema, last);
  if (of === undefined) return undefined;
  const found = filled(value, last, of);
  return found === null ? undefined : { schema: of, value: found };
}
