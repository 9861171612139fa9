import { z } from "zod";
import { flag, number, topicName } from "./values.ts";

const deadLetter = z.strictObject({
  topic: topicName().describe("Records at fault go there, inside the transaction. Used with `tolerance: all`."),
  headers: flag()
    .default(true)
    .describe(
      "Dead letters say in headers where they come from and why (`__connect.errors.*`, as Connect's do, and `tandem.*`). `false`: they do not, and cannot be redriven.",
    ),
  replicationFactor: number("number", z.int().min(1).max(100))
    .optional()
    .describe("Replicas of the topic, where it does not exist and is created. Default: the brokers'."),
});

const log = z.strictObject({
  enable: flag().default(true).describe("Each record at fault is told in the log, with its place, stage and error."),
  includeMessages: flag()
    .default(false)
    .describe("A second line has the record: its timestamp, and the first 1,000 characters of key and value."),
});

/** Connect's error policy, by Connect's names. */
export const errors = z.strictObject({
  tolerance: z
    .enum(["none", "all"])
    .default("none")
    .describe(
      "A record at fault stops the pipeline, or is passed over (to the dead letter topic, where there is one).",
    ),
  retryTimeoutMs: number("milliseconds", z.int().min(-1).max(Number.MAX_SAFE_INTEGER))
    .default(0)
    .describe(
      "How long what a transform fails at is tried again, where the error says that it may succeed later (`retriable`), before the record counts as one at fault. `-1`: without end. A store or a broker that is down is waited for in any case.",
    ),
  retryDelayMaxMs: number("milliseconds", z.int().min(1).max(Number.MAX_SAFE_INTEGER))
    .default(60_000)
    .describe("Longest wait between two tries; the first is 300 ms, and each is twice the one before."),
  deadLetter: deadLetter.optional().describe("Where records at fault go."),
  log: log.prefault({}).describe("What is told of records at fault."),
});
