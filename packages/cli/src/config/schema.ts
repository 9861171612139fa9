import { z } from "zod";
import { admin } from "./admin.ts";
import { errors } from "./errors.ts";
import { deadRules, identity, shadow, unruled } from "./identity.ts";
import { merge } from "./merge.ts";
import { ownTopics, ownTopicTrouble } from "./own-topics.ts";
import { registry } from "./registry.ts";
import { store } from "./stores/store.ts";
import { predicateProblems, predicates, transforms } from "./transforms/steps.ts";
import { duration, filledText, flag, label, number, topic, topicName } from "./values.ts";

// One declaration: types, defaults and help.

const property = z.union([z.string(), z.number(), z.boolean()], { error: "has to be a text, a number, true or false" });
/** Never repeats the text: somebody may have written a password into it. */
const brokers = filledText().refine(
  (text) => !text.includes("://"),
  'has to be host:port, several separated by commas, without a scheme such as "PLAINTEXT://": TLS and logins are set by "security.protocol"',
);
const properties = z.record(z.string(), property).meta({ shown: "librdkafka properties" });

/** Never repeats the text: a URL may hold a password. */
const connectUrl = filledText().refine(
  (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  'has to look like "http://host:8083"',
);

const sources = z.strictObject({
  header: filledText().describe("The header in which each connector names itself (a static `InsertHeader` on each)."),
  names: z
    .array(filledText())
    .min(1, "has to name at least one source")
    .refine((names) => new Set(names).size === names.length, "names a source twice")
    .optional()
    .describe(
      "The sources to expect; a record of any other is rejected. Without, any name will do, up to 64 on a lane.",
    )
    .meta({ shown: "list of texts" }),
  repointed: z
    .enum(["fail", "new-source"])
    .optional()
    .describe(
      "MariaDB and MySQL: a source that turns out to read another binlog than before stops its lane (`fail`, as without this key), or is a new source from there on (what is in the middle of a transaction then may come out twice).",
    ),
});

const configShape = z.strictObject({
  name: label(200).describe(
    "Consumer group, transactional id, lane state topic (`<name>.lanes`) and claim namespace derive from it. Another name begins anew.",
  ),
  instance: label(100)
    .default("0")
    .describe(
      "`transactional.id` and `group.instance.id` are `<name>-<instance>`. Each process that runs this pipeline at the same time needs its own.",
    ),
  leaveOnStop: flag()
    .default(false)
    .describe(
      "`true`: an instance that stops gives up its place in the group, and others take its lanes within seconds: for those that scale down often. `false`: its lanes wait for it as long as `session.timeout.ms` (10 s), and a restart within that time moves none.",
    ),
  kafka: z
    .object({
      "bootstrap.servers": brokers.describe("Brokers to begin with: `host:port`, separated by commas."),
      consumer: properties.prefault({}).describe("Properties for the consumer only."),
      producer: properties.prefault({}).describe("Properties for the producer only."),
    })
    .catchall(property)
    .describe(
      "Any other key is a librdkafka property for every client, such as `security.protocol`. What exactly-once rests on cannot be set.",
    ),
  input: z
    .strictObject({
      topics: z
        .array(topic)
        .min(1, "has to name at least one topic")
        .describe(
          "Topics by name, or by regular expression between slashes. Topics that appear later are picked up; an expression matches neither the outputs nor topics that begin with `__`.",
        )
        .meta({ shown: "list of topics" }),
      format: z
        .enum(["json", "avro", "auto"])
        .default("json")
        .describe(
          "How events are encoded: JSON, with or without the schema envelope; Avro as Confluent's converters write it; or `auto`, which tells them apart record by record.",
        ),
      registry: registry.prefault({}).describe("The schema registry, for Avro."),
      fetcher: z.enum(["rdkafka"]).default("rdkafka").describe("What reads the input."),
    })
    .refine(({ format, registry: { url } }) => format === "json" || url !== undefined, {
      path: ["registry", "url"],
      message: "is missing: Avro is read with the schemas of a registry, such as http://127.0.0.1:8081",
    })
    .refine(
      ({ registry: { password, token, username } }) =>
        token === undefined || (username === undefined && password === undefined),
      { path: ["registry", "token"], message: "stands in place of username and password: give one or the other" },
    )
    .describe("What is read."),
  dedup: z
    .strictObject({
      identity,
      shadow,
      hash: z
        .enum(["xxh128", "xxh64", "sha256"])
        .default("xxh128")
        .describe(
          "Hash of the identity. xxh64 halves the work, and collides with odds of 2.7 % at 10^9 live keys, each collision a lost change.",
        ),
      horizon: duration().prefault("2d").describe("How long a claim is kept: longer than one source may be down."),
      mode: z
        .enum(["claims", "merge"])
        .default("claims")
        .describe(
          "`claims`: each change once, by claims in the store. `merge`: a transactional copy without dedup that joins the topics of several connectors into one and adds the source header; the pipeline that reads it deduplicates.",
        ),
      merge: merge.optional().describe("How `mode: merge` maps topics."),
      sources: sources
        .optional()
        .describe(
          "Tells the connectors apart. With it the identity is exact; without it, equal changes of one row within one transaction count as one.",
        ),
      bucketWidth: number("number", z.number().int().min(1).max(Number.MAX_SAFE_INTEGER))
        .optional()
        .describe(
          "GTID sequences that share a bucket of the store. Default: 256 x the topic's partitions. Raise it where many tables share a GTID sequence, so that some hundred changes of one lane share a bucket. Another width is another bucket: claims made before are not found (duplicates, never loss).",
        ),
      snapshots: z
        .enum(["until-streaming", "emit", "drop"])
        .default("until-streaming")
        .describe(
          "Rows of initial snapshots: emitted until the first streamed change was (a later snapshot would take consumers back in time); always, each once; or never.",
        ),
      late: z
        .enum(["dead-letter", "drop", "emit", "fail"])
        .default("dead-letter")
        .describe(
          "A change that comes back after its claim has expired, or that lies before what the lane began with, is late: to the dead letter topic (`errors.deadLetter.topic`, or `<name>.late`), dropped, emitted all the same, or the lane stops.",
        ),
      divergence: z
        .strictObject({
          topic: topicName()
            .exactOptional()
            .describe("Copies whose content differs from the first one's go there. Without, they are counted only."),
        })
        .exactOptional()
        .describe("What becomes of copies that have diverged."),
      tombstones: z
        .enum(["regenerate", "drop"])
        .default("regenerate")
        .describe("Each emitted delete is followed by a tombstone, or by none. The input's own are consumed."),
      store: store.describe("Where claims live."),
    })
    .prefault({})
    .describe("How duplicates are found."),
  transforms,
  predicates,
  errors: errors.prefault({}).describe("What becomes of records at fault."),
  output: z
    .strictObject({
      prefix: z
        .string()
        .regex(
          /^[A-Za-z0-9._-]{1,200}$/,
          "has to be made of letters, digits, '.', '_' and '-', and must not be empty, or the output would go to the input topics",
        )
        .default("dedup.")
        .describe(
          "The output of topic `t` goes to `<prefix>t`, in the same partition. Missing output topics are created. With `dedup.mode: merge` the default is `merged.`.",
        ),
    })
    .prefault({})
    .describe("Where changes go."),
  commit: z
    .strictObject({
      minIntervalMs: number("milliseconds", z.number().min(0).max(60_000))
        .default(10)
        .describe("At least this long between the beginnings of two transactions."),
      maxIntervalMs: number("milliseconds", z.number().min(1).max(10_000))
        .default(100)
        .describe("A transaction collects no longer than this."),
    })
    .refine(({ maxIntervalMs, minIntervalMs }) => minIntervalMs <= maxIntervalMs, {
      path: ["minIntervalMs"],
      message: "must not be above commit.maxIntervalMs",
    })
    .prefault({})
    .describe("When transactions commit: as soon as the one before is done, within these bounds."),
  metrics: z
    .strictObject({
      enabled: flag().default(true).describe("`false`: no metrics endpoint."),
      host: filledText().default("127.0.0.1").describe("Address to listen on."),
      port: number("number", z.int().min(0).max(65_535))
        .default(9404)
        .describe("`0`: any free port; `run` says which. Several pipelines on one machine need one each."),
    })
    .prefault({})
    .describe("Prometheus metrics at `/metrics`, and `/livez`."),
  doctor: z
    .strictObject({
      connect: z
        .array(connectUrl)
        .default([])
        .describe("Kafka Connect workers whose connectors `tandem doctor` compares, such as `http://127.0.0.1:8083`.")
        .meta({ shown: "list of texts" }),
    })
    .prefault({})
    .describe("What `tandem doctor` asks beside the servers of the pipeline."),
  admin: admin.describe("The [administration API](administration.md)."),
});

export const configSchema: typeof configShape = configShape.superRefine((config, context) => {
  const { dedup, input } = config;
  for (const { path, topic: own } of ownTopics(config)) {
    const trouble = ownTopicTrouble(own, config);
    if (trouble === undefined) continue;
    const named = path.at(-1) === "topic";
    const message = named ? trouble : `late changes go to ${own}, which ${trouble}, in errors.deadLetter.topic`;
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { message, path } of predicateProblems(config)) context.addIssue({ code: "custom", path, message });
  for (const i of deadRules(dedup.identity))
    context.addIssue({
      code: "custom",
      path: ["dedup", "identity", i],
      message: "is never in force: a rule before it is for every topic. Let that one be the last",
    });
  for (const name of unruled(dedup.identity, input.topics))
    context.addIssue({
      code: "custom",
      path: ["dedup", "identity"],
      message: `says nothing of input topic ${name}: add a rule for it, or one without topics as the last`,
    });
});

export type Config = z.output<typeof configSchema>;
