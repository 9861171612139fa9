import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { scripted, scriptedTransform, scriptingOptions, wrongAnswer } from "./scripting.ts";

const options = z.strictObject({
  "topic.expression": scripted<string | null | undefined>().describe(
    "The topic that a record goes to, such as `value.op == 'd' ? 'deletes' : null`; null: the one that it has.",
  ),
  ...scriptingOptions,
});

/** Debezium's ContentBasedRouter. */
export const contentBasedRouter: TransformDefinition<typeof options> = defineTransform({
  name: "ContentBasedRouter",
  doc: "Routes records to the topic that an expression gives.",
  aliases: ["io.debezium.transforms.ContentBasedRouter"],
  options,
  create: (given) =>
    scriptedTransform(given, given["topic.expression"], (record, answer) => {
      if (answer === null || answer === undefined) return record;
      if (typeof answer !== "string") throw wrongAnswer(answer, "the name of a topic, or null");
      return record.with({ topic: answer });
    }),
});
