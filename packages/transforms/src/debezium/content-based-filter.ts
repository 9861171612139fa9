import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { scripted, scriptedTransform, scriptingOptions, wrongAnswer } from "./scripting.ts";

const options = z.strictObject({
  condition: scripted<boolean>().describe(
    "True for the records that go on, such as `value.op == 'u' && value.after.amount > 100`.",
  ),
  ...scriptingOptions,
});

/** Debezium's Filter. Connect's own Filter has no condition. */
export const contentBasedFilter: TransformDefinition<typeof options> = defineTransform({
  name: "ContentBasedFilter",
  doc: "Drops records for which a condition is not true.",
  aliases: ["io.debezium.transforms.Filter"],
  options,
  create: (given) =>
    scriptedTransform(given, given.condition, (record, answer) => {
      if (typeof answer !== "boolean") throw wrongAnswer(answer, "true or false");
      return answer ? record : null;
    }),
});
