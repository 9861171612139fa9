import type { Config } from "../config/schema.ts";
import { failure, type Finding, warning } from "./check.ts";
import type { Connector } from "./connect-rest.ts";

type Rule = (value: string | undefined, connector: Connector, config: Config) => Finding | undefined;

const SLOW_POLL_MS = 100;
const SMALL_BATCH = 256;

/** By property: what is wrong with its value. Undefined: Debezium's default. */
const RULES: Readonly<Record<string, Rule>> = {
  "poll.interval.ms": (value = "500", { name }) =>
    Number(value) <= SLOW_POLL_MS
      ? undefined
      : warning(
          `connector ${name} waits ${value} ms between polls, which is most of the latency`,
          `set poll.interval.ms=20 on ${name}`,
        ),
  "max.batch.size": (value = "2048", { config, name }) => {
    const queue = Number(config["max.queue.size"] ?? 8192);
    if (Number(value) >= queue)
      return failure(
        `connector ${name} has max.batch.size ${value}, not below its max.queue.size ${queue}`,
        `set max.queue.size=${Number(value) * 4} on ${name}`,
      );
    if (Number(value) >= SMALL_BATCH) return undefined;
    return warning(`connector ${name} sends batches of ${value} only`, `set max.batch.size=2048 on ${name}`);
  },
  "snapshot.mode": (value = "initial", { name }) => {
    if (value === "always")
      return warning(
        `connector ${name} takes a snapshot at every start, whose rows are then dropped as older than what streams`,
        `set snapshot.mode=initial on ${name}`,
      );
    if (value !== "initial_only") return undefined;
    return failure(
      `connector ${name} stops after its snapshot (snapshot.mode ${value})`,
      `set snapshot.mode=initial on ${name}`,
    );
  },
  "tombstones.on.delete": (value = "true", { name }, { dedup }) =>
    value !== "false" || dedup.mode !== "claims" || dedup.tombstones === "drop"
      ? undefined
      : warning(
          `connector ${name} sends no tombstones, and the pipeline makes one after each delete all the same`,
          "set dedup.tombstones: drop if consumers do not want them",
        ),
  "key.converter": converter,
  "value.converter": converter,
  "heartbeat.interval.ms": (value = "0", { name }) =>
    Number(value) > 0
      ? undefined
      : warning(
          `connector ${name} sends no heartbeats: while its tables are quiet its offset does not move, and may fall out of the database's log`,
          `set heartbeat.interval.ms=10000 on ${name}`,
        ),
  "errors.tolerance": (value = "none", { name }) =>
    value === "none"
      ? undefined
      : warning(
          `connector ${name} leaves out what it cannot convert (errors.tolerance ${value}), and nobody is told`,
          `set errors.tolerance=none on ${name}`,
        ),
  "exactly.once.support": (value = "requested", { config, name }) =>
    value !== "required" || (config["transaction.boundary"] ?? "poll") === "poll"
      ? undefined
      : warning(
          `connector ${name} sends in transactions bounded by ${config["transaction.boundary"]}: a change comes when its transaction ends`,
          `set transaction.boundary=poll on ${name}`,
        ),
};

/** Formats that a converter writes, by its class. */
const FORMATS: readonly (readonly [RegExp, "json" | "avro"])[] = [
  [/\.JsonConverter$/, "json"],
  [/AvroConverter$/, "avro"],
];

function converter(value: string | undefined, { name }: Connector, { input }: Config): Finding | undefined {
  // The worker's own is not told.
  if (value === undefined) return undefined;
  const format = FORMATS.find(([pattern]) => pattern.test(value))?.[1];
  if (format !== undefined && (input.format === format || input.format === "auto")) return undefined;
  return failure(
    `connector ${name} converts by ${value}, and input.format is ${input.format}`,
    format === undefined ? `set the converters of ${name} to JSON or Avro` : `set input.format: ${format}`,
  );
}

/** What is wrong with the settings of one connector, whatever the other one has. */
export function settingsOf(connector: Connector, config: Config): Finding[] {
  return Object.entries(RULES).flatMap(([key, rule]) => rule(connector.config[key], connector, config) ?? []);
}
