/** A JSON Schema, as far as this API needs it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const text: JsonSchema = { type: "string" };
const texts: JsonSchema = { type: "array", items: text };
const offset: JsonSchema = { type: ["integer", "null"], minimum: 0 };

function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Every property is there, and no other. */
function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

const lane = { topic: text, partition: { type: "integer", minimum: 0 } };
const offsets = {
  ...lane,
  committed_offset: { ...offset, description: "Everything below is committed." },
  next_offset: { ...offset, description: "Everything below is processed." },
  log_end: offset,
  lag: { ...offset, description: "Records that are not committed yet." },
};

/** What the answers look like, by name. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Server: object({
    name: { const: "tandem" },
    version: { type: ["string", "null"] },
    kafka_cluster_id: { type: ["string", "null"], description: "Null where it is not known." },
  }),
  Document: { type: "object" },
  Pipelines: {
    oneOf: [
      texts,
      {
        type: "object",
        additionalProperties: {
          type: "object",
          properties: { status: ref("Status"), config: ref("Config") },
          additionalProperties: false,
        },
      },
    ],
  },
  Pipeline: object({ name: text, config: ref("Config"), lanes: list(object(lane)) }),
  Status: object({
    name: text,
    pipeline: object({
      state: {
        enum: [
          "NEW",
          "STARTING",
          "UNASSIGNED",
          "RUNNING",
          "PAUSING",
          "PAUSED",
          "STOPPING",
          "STOPPED",
          "RESTARTING",
          "FAILED",
        ],
      },
      instance: { type: ["string", "null"] },
    }),
    lanes: list(object({ ...offsets, state: { enum: ["STARTING", "RUNNING", "WAITING", "PAUSED"] } })),
    last_error: {
      oneOf: [
        { type: "null" },
        object({
          code: { type: ["string", "null"] },
          message: text,
          at: { type: "string", format: "date-time" },
        }),
      ],
      description: "Also when it was overcome since.",
    },
  }),
  Config: { type: "object" },
  Topics: {
    type: "object",
    additionalProperties: object({ inputs: texts, outputs: texts }),
  },
  Offsets: object({ offsets: list(object(offsets)) }),
  Plugins: list(
    object({
      type: text,
      kind: { enum: ["transform", "predicate", "store", "identity"] },
      version: { type: ["string", "null"], description: "Null where it is not installed." },
      doc: text,
      aliases: texts,
    }),
  ),
  Options: { type: "object", description: "Options by name." },
  Validation: object({
    name: text,
    error_count: { type: "integer", minimum: 0 },
    errors: { ...texts, description: "What is wrong with the options together." },
    configs: list(
      object({
        definition: {
          oneOf: [
            { type: "null" },
            object({ name: text, type: text, required: { type: "boolean" }, default_value: {}, documentation: text }),
          ],
          description: "Null: there is no such option.",
        },
        value: object({ name: text, given: { type: "boolean" }, errors: texts }),
      }),
    ),
  }),
  Error: object({ error_code: { type: "integer" }, message: text }),
};
