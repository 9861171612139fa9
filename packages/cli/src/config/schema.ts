import { z } from "zod";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function durationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0);
}

/** A duration such as "2d", "36h", "500ms"; becomes milliseconds. */
const duration = z
  .string({ error: 'a duration is expected, such as "2d", "36h" or "500ms"' })
  .transform((text, context) => {
    const ms = durationMs(text);
    if (ms !== null && ms > 0) return ms;
    context.addIssue({ code: "custom", message: `"${text}" is no duration: write a number and ms, s, m, h, d or w, such as "2d"` });
    return z.NEVER;
  });

/** A reference to the environment gives text: digits count as a number. */
const number = (schema: z.ZodNumber): z.ZodPipe<z.ZodTransform, z.ZodNumber> =>
  z.preprocess((value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value), schema) as never;

const topic = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    if (!text.startsWith("/")) {
      if (!/^[A-Za-z0-9._-]{1,249}$/.test(text)) context.addIssue({ code: "custom", message: `"${text}" is no topic name; a regular expression stands between slashes: "/^cdc\\..*/"` });
      return;
    }
    try {
      if (text.length < 3 || !text.endsWith("/")) throw new SyntaxError("the closing slash is missing");
      new RegExp(text.slice(1, -1));
    } catch (thrown) {
      context.addIssue({ code: "custom", message: `"${text}" is no regular expression: ${(thrown as Error).message}` });
    }
  });

const properties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export const configSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, "letters, digits, '.', '_' and '-' only")
    .describe("Consumer group, transactional id, lane state topic and claims derive from it."),
  instance: z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "letters, digits, '.', '_' and '-' only"))
    .default("0")
    .describe("Which of several instances this is: transactional.id and group.instance.id are <name>-<instance>."),
  kafka: z
    .object({
      "bootstrap.servers": z.string({ error: '"bootstrap.servers" is required, such as 127.0.0.1:9092' }).min(1).describe("Brokers to begin with."),
      "consumer": properties.default({}).describe("librdkafka properties for the consumer alone."),
      "producer": properties.default({}).describe("librdkafka properties for the producer alone."),
    })
    .catchall(z.union([z.string(), z.number(), z.boolean()]))
    .describe("librdkafka properties, for every client."),
  input: z.strictObject({
    topics: z.array(topic).min(1, "name at least one topic").describe('Topic names, or regular expressions between slashes: "/^cdc\\..*/".'),
    format: z.enum(["json"]).default("json").describe("How keys and values are encoded."),
    registry: z.strictObject({}).default({}).describe("Schema registry (a later release)."),
    fetcher: z.enum(["rdkafka"]).default("rdkafka").describe("How records are fetched."),
  }),
  dedup: z
    .strictObject({
      identity: z.enum(["debezium"]).default("debezium").describe("What makes two records copies of one change: by the event's connector."),
      hash: z.enum(["xxh128", "xxh64", "sha256"]).default("xxh128").describe("Hash of the identity."),
      horizon: duration.default(172_800_000).describe("How long claims live: longer than one source may be down."),
      mode: z.enum(["claims"]).default("claims").describe("How copies are recognised."),
      sources: z
        .strictObject({
          header: z.string().min(1).describe("The static header that names the connector."),
          names: z.array(z.string().min(1)).min(1).optional().describe("The sources to expect; another name is rejected."),
        })
        .optional()
        .describe("How a record tells which connector sent it. Without it, identity is by content within a transaction."),
      snapshots: z.enum(["until-streaming", "emit", "drop"]).default("until-streaming").describe("Rows of initial snapshots."),
      tombstones: z.enum(["regenerate", "drop"]).default("regenerate").describe("Whether each emitted delete is followed by a tombstone."),
      store: z
        .looseObject({ type: z.string().min(1).describe('"memory", or the path or package of a key store of your own.') })
        .default({ type: "memory" })
        .describe("Where claims live."),
    })
    .prefault({}),
  transforms: z.array(z.unknown()).max(0).default([]).describe("Transforms after dedup (a later release)."),
  predicates: z.strictObject({}).default({}).describe("Predicates for transforms (a later release)."),
  errors: z
    .strictObject({
      tolerance: z.enum(["none", "all"]).default("none").describe("none: a record at fault stops the pipeline. all: it is dropped."),
      deadLetter: z
        .strictObject({ topic: z.string().min(1).describe("Where records at fault go, inside the transaction.") })
        .optional(),
    })
    .prefault({}),
  output: z.strictObject({ prefix: z.string().min(1).default("dedup.").describe("Output topic = prefix + input topic.") }).prefault({}),
  commit: z
    .strictObject({
      minIntervalMs: number(z.number().int().min(0).max(10_000)).default(10).describe("Floor: at least this long between two commits."),
      maxIntervalMs: number(z.number().int().min(1).max(10_000)).default(100).describe("Cap: a transaction collects no longer than this."),
    })
    .refine(({ maxIntervalMs, minIntervalMs }) => minIntervalMs <= maxIntervalMs, "minIntervalMs must not exceed maxIntervalMs")
    .prefault({}),
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe("false: no endpoint."),
      host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
      port: number(z.number().int().min(0).max(65_535)).default(9404).describe("Port of /metrics and /livez; 0: any free one."),
    })
    .prefault({}),
  admin: z.strictObject({}).default({}).describe("Administration (a later release)."),
});

/** The memory store's own options. */
export const memoryStoreSchema = z.strictObject({
  type: z.literal("memory"),
  maxClaims: number(z.number().int().min(1_000)).optional().describe("Claims kept at most; the pipeline stops with a clear error above."),
});

export type Config = z.infer<typeof configSchema>;
