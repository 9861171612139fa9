import { laneId, TandemError } from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";
import { type LogReader, openLogReader } from "@tandem-cdc/kafka";
import { loadConfig } from "../config/load.ts";
import { redacted, redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { ReadingProgress } from "../reading/progress.ts";
import { sinceOf } from "../reading/since.ts";
import { dedupStage } from "../run/dedup-stage.ts";
import { formatOf } from "../run/format.ts";
import { strategiesOf } from "../run/strategies.ts";
import { explain, type Question, recordAt } from "./explanation.ts";
import { keysOf } from "./keys.ts";
import { pastOf } from "./lane-past.ts";
import { notInput } from "./not-input.ts";
import { explanationJson, explanationLines } from "./report.ts";
import { storeOwner } from "./store-owner.ts";
import type { Answer } from "./words.ts";

export interface ExplainOptions {
  readonly config: string;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** `tandem explain`: what one record is to the pipeline. Reads only; exit 2 when the record is not there. */
export async function explainCommand(options: ExplainOptions): Promise<void> {
  const { config } = loadConfig(options.config);
  const safe = redacting(config);
  try {
    const found = await answer(config, options);
    const text =
      typeof found === "string"
        ? JSON.stringify({ found: false, reason: found })
        : JSON.stringify(explanationJson(found));
    if (typeof found === "string") process.exitCode = 2;
    if (options.json === true) console.log(safe(text));
    else if (typeof found === "string") console.error(safe(found));
    else console.log(safe(explanationLines(found).join("\n")));
  } catch (thrown) {
    throw redacted(thrown, safe);
  }
}

/** Everything that is known of the record; a text where it is not there. */
async function answer(config: Config, options: ExplainOptions): Promise<Answer | string> {
  const { consumer, producer: _, ...client } = config.kafka;
  if (config.dedup.mode !== "claims")
    throw new TandemError("CONFIG_INVALID", "tandem explain: dedup.mode is merge, which makes no claims");
  const since = options.since === undefined ? config.dedup.horizon : sinceOf(options.since);
  const lane = { topic: options.topic, partition: whole("--partition", options.partition) };
  const offset = whole("--offset", options.offset);
  const reader = await openLogReader(client, consumer, config.name);
  try {
    const question = await questionOf(config, options.config, reader, lane, offset, since);
    if (typeof question === "string") return question;
    const record = await recordAt(question);
    if (record === null)
      return `${laneId(lane)}@${offset}: there is no record at this offset: it was compacted away, or it is the mark of a transaction`;
    const { signal } = question;
    const explanation = await explain(question, record);
    const { claimed } = explanation;
    const store = claimed === null ? null : await storeOwner(config, options.config, lane, claimed.claims, signal);
    const { divergence, late } = config.dedup;
    const told = { late, divergenceTopic: divergence?.topic !== undefined, errors: config.errors };
    return { ...explanation, lane: laneId(lane), floor: question.past?.floor ?? null, store, ...told };
  } finally {
    await reader.close();
  }
}

async function questionOf(
  config: Config,
  configFile: string,
  reader: LogReader,
  lane: Question["lane"],
  offset: number,
  since: number | "all",
): Promise<Question | string> {
  const existing = await reader.partitions();
  const partitions = existing.get(lane.topic) ?? 0;
  if (partitions === 0) return `${lane.topic}: there is no such topic, or this client may not see it`;
  const refusal = notInput(config, lane.topic, [...existing.keys()]);
  if (refusal !== undefined) return refusal;
  if (lane.partition >= partitions)
    return `${lane.topic} has ${partitions} partition${partitions === 1 ? "" : "s"}, counted from 0`;
  const { end, start } = await reader.bounds(lane);
  if (offset < start)
    return `${laneId(lane)}@${offset}: the log begins at ${start}: retention or compaction has removed the record`;
  if (offset >= end) return `${laneId(lane)}@${offset}: the log ends at ${end}: there is no such record yet`;
  const hash = await loadHash(config.dedup.hash);
  const progress = new ReadingProgress();
  const rules = outspoken(config);
  const { signal } = new AbortController();
  return {
    reader,
    lane,
    partitions,
    start,
    end,
    offset,
    since,
    signal,
    pipeline: config.name,
    identity: (await strategiesOf(config, configFile)).identity,
    stage: (identity, keyStore, clock) => dedupStage(rules, { identity, keyStore, hash, clock }),
    horizonMs: config.dedup.horizon,
    header: config.dedup.sources?.header,
    past: await pastOf(reader, config.name, lane, signal),
    keyOf: keysOf(await formatOf(config), signal),
    progress: (at, from, to) => progress.at(laneId(lane), at, from, to),
  };
}

/** The same rules, but what is diverted says why: nothing is written anywhere. */
function outspoken(config: Config): Config {
  const { dedup } = config;
  const late = dedup.late === "emit" ? "emit" : "dead-letter";
  return { ...config, dedup: { ...dedup, late, divergence: { topic: "explained" } } };
}

function whole(option: string, text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new TandemError("CONFIG_INVALID", `${option}: has to be a whole number`);
  return number;
}
