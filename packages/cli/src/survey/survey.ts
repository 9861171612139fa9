import { TandemError } from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";
import { openLogReader } from "@tandem-cdc/kafka";
import { loadConfig, parseConfig } from "../config/load.ts";
import { inputTopics } from "../config/own-topics.ts";
import { redacted, redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { ReadingProgress } from "../reading/progress.ts";
import { sinceOf } from "../reading/since.ts";
import { strategiesOf } from "../run/strategies.ts";
import { recommendation } from "./recommendation.ts";
import { type Surveyed, surveyJson, surveyLines } from "./report.ts";
import { surveyTopics } from "./topics-survey.ts";

export interface SurveyOptions {
  readonly config?: string;
  readonly bootstrap?: string;
  readonly topics?: string;
  readonly header?: string;
  readonly format?: string;
  readonly registry?: string;
  readonly since: string;
  readonly maxChanges: string;
  readonly json?: boolean;
}

const INTERRUPTED = 130;

/** `tandem survey`: what lies in topics, without a store, a group or any write. Ctrl-C ends it with what is known. */
export async function surveyCommand(options: SurveyOptions): Promise<void> {
  const config = configOf(options);
  const safe = redacting(config);
  try {
    const surveyed = await survey(config, options, interruption());
    if (surveyed.interrupted) process.exitCode = INTERRUPTED;
    console.log(safe(options.json === true ? JSON.stringify(surveyJson(surveyed)) : surveyLines(surveyed).join("\n")));
  } catch (thrown) {
    throw redacted(thrown, safe);
  }
}

async function survey(config: Config, options: SurveyOptions, signal: AbortSignal): Promise<Surveyed> {
  const since = sinceOf(options.since);
  const maxChanges = Number(options.maxChanges);
  if (!Number.isSafeInteger(maxChanges) || maxChanges < 1)
    throw new TandemError("CONFIG_INVALID", "--max-changes: has to be a whole number above 0");
  const { consumer, producer: _, ...client } = config.kafka;
  const reader = await openLogReader(client, consumer, config.name);
  try {
    const existing = (await reader.partitions()).keys();
    const topics = inputTopics(config, existing);
    if (topics.length === 0)
      throw new TandemError(
        "CONFIG_INVALID",
        `no topic of ${config.kafka["bootstrap.servers"]} matches ${config.input.topics.join(", ")}: mend --topics, or start the connectors first`,
      );
    const header = config.dedup.sources?.header;
    const progress = new ReadingProgress();
    const found = await surveyTopics({
      identity: (await strategiesOf(config, options.config ?? ".")).identity,
      hash: await loadHash(),
      header,
      maxChanges,
      reader,
      topics,
      since,
      now: Date.now(),
      signal,
      progress: (lane, at, from, to) => progress.at(lane, at, from, to),
    });
    const recommended = recommendation(config, { ...found, header });
    return { ...found, header, interrupted: signal.aborted, recommendation: recommended };
  } finally {
    await reader.close();
  }
}

/** The file's configuration, or one made of the options. */
function configOf({ bootstrap, config: file, format, header, registry, topics: list }: SurveyOptions): Config {
  const topics = list?.split(",").filter((topic) => topic !== "");
  const sources = header === undefined ? {} : { sources: { header } };
  if (file !== undefined) {
    if (bootstrap !== undefined || format !== undefined || registry !== undefined)
      throw new TandemError(
        "CONFIG_INVALID",
        "--bootstrap, --format and --registry stand in place of --config: give one or the other",
      );
    const { config } = loadConfig(file);
    if (config.dedup.mode !== "claims")
      throw new TandemError("CONFIG_INVALID", "tandem survey: dedup.mode is merge, which makes no claims");
    return {
      ...config,
      input: { ...config.input, topics: topics ?? config.input.topics },
      dedup: { ...config.dedup, ...sources },
    };
  }
  if (bootstrap === undefined || topics === undefined)
    throw new TandemError("CONFIG_INVALID", "give --config FILE, or --bootstrap HOST:PORT and --topics T,...");
  const document = {
    name: "survey",
    kafka: { "bootstrap.servers": bootstrap },
    input: {
      topics,
      ...(format === undefined ? {} : { format }),
      registry: registry === undefined ? {} : { url: registry },
    },
    dedup: sources,
  };
  return parseConfig(JSON.stringify(document), "the options", {}).config;
}

/** Aborted by Ctrl-C; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      controller.abort();
    });
  return controller.signal;
}
