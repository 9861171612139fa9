import { TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { dateFormat } from "../dates/date-format.ts";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { DATE_PATTERN } from "./timestamp-options.ts";

const options = z.strictObject({
  "topic.format": option
    .text()
    .default("${topic}-${timestamp}")
    .describe("The new name: `${topic}` is the topic, `${timestamp}` the record's timestamp."),
  "timestamp.format": option.text().default("yyyyMMdd").describe(DATE_PATTERN),
});

/** Connect's TimestampRouter. */
export const timestampRouter: TransformDefinition<typeof options> = defineTransform({
  name: "TimestampRouter",
  doc: "Makes the topic's name of the topic and the record's timestamp.",
  aliases: ["org.apache.kafka.connect.transforms.TimestampRouter"],
  options,
  create({ "timestamp.format": pattern, "topic.format": template }) {
    const { write } = dateFormat(pattern);
    const parts = template.split(/(\$\{(?:topic|timestamp)\})/);
    return (record) => {
      const { timestamp, topic } = record;
      if (timestamp < 0) throw new TandemError("RECORD_MALFORMED", "the record has no timestamp");
      let made = "";
      for (const part of parts) made += part === "${topic}" ? topic : part === "${timestamp}" ? write(timestamp) : part;
      return made === topic ? record : record.with({ topic: made });
    };
  },
});
